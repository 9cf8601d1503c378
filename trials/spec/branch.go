package spec

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"strconv"
)

// BranchName is a loop's item as the name of its branch: text as it is, else
// JSON.
func BranchName(item any) string {
	if s, ok := item.(string); ok {
		return s
	}
	text, err := json.Marshal(item)
	if err != nil {
		return fmt.Sprint(item)
	}
	return string(text)
}

// BranchSeed is the seed of a branch: different for each branch of each stage,
// and the same whenever the same sweep is run. At most 63 bits, since databases
// have signed integers.
func BranchSeed(sampler uint64, stage, branch string) uint64 {
	h := fnv.New64a()
	for _, part := range []string{strconv.FormatUint(sampler, 10), stage, branch} {
		h.Write([]byte(part))
		h.Write([]byte{0})
	}
	x := h.Sum64() // FNV alone leaves similar names with similar high bits
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9 // splitmix64, Steele et al. 2014
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return (x ^ x>>31) >> 1
}
