package tracking

import (
	"fmt"
	"hash/fnv"
)

// randomName names a run whose maker did not: two words and a number, as much
// at random as its ID is.
func randomName(id string) string {
	h := fnv.New64a()
	h.Write([]byte(id))
	n := h.Sum64()
	pick := func(words []string) string {
		w := words[n%uint64(len(words))]
		n /= uint64(len(words))
		return w
	}
	return fmt.Sprintf("%s-%s-%d", pick(manners()), pick(animals()), n%1000)
}

func manners() []string {
	return []string{
		"able", "agile", "amused", "bold", "brave", "bright", "calm", "casual", "clean", "clever", "crisp", "curious",
		"deft", "eager", "fair", "fast", "gentle", "glad", "grand", "happy", "honest", "jolly", "keen", "kind",
		"lively", "loud", "lucky", "mellow", "merry", "neat", "nimble", "noble", "patient", "plain", "polite", "proud",
		"quick", "quiet", "rapid", "rare", "ready", "smart", "snug", "sober", "spry", "steady", "sunny", "swift",
		"tidy", "upbeat", "vivid", "warm", "wary", "wise", "witty", "zesty",
	}
}

func animals() []string {
	return []string{
		"ant", "ape", "auk", "badger", "bat", "bear", "bee", "bison", "boar", "carp", "cat", "cod",
		"colt", "crab", "crane", "crow", "cub", "deer", "dove", "duck", "eel", "elk", "emu", "finch",
		"fish", "fox", "frog", "gnu", "goat", "goose", "gull", "hare", "hawk", "hen", "heron", "ibis",
		"jay", "kit", "koi", "lamb", "lark", "lynx", "mink", "mole", "moose", "moth", "mule", "newt",
		"otter", "owl", "perch", "pig", "quail", "ram", "robin", "seal", "shrew", "sloth", "snail", "stag",
		"stork", "swan", "toad", "trout", "vole", "wolf", "wren", "yak",
	}
}
