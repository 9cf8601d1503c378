package search

import (
	_ "embed"
	"math/bits"
	"strconv"
	"strings"
	"sync"
)

//go:embed joe_kuo.txt
var joeKuo string

// sobolDims is how many dimensions the table of direction numbers has; later
// ones are filled by a hash, which is random, not low-discrepancy.
const sobolDims = 512

// directions are the direction numbers of each dimension, 32 bits, parsed once.
var directions = sync.OnceValue(func() [][32]uint32 {
	table := make([][32]uint32, 0, sobolDims)
	var first [32]uint32
	for i := range first {
		first[i] = 1 << (31 - i)
	}
	table = append(table, first)
	for line := range strings.Lines(joeKuo) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Fields(line)
		n := make([]uint32, len(f))
		for i, s := range f {
			x, err := strconv.ParseUint(s, 10, 32)
			if err != nil {
				panic("search: joe_kuo.txt: " + err.Error())
			}
			n[i] = uint32(x)
		}
		s, a, m := int(n[1]), n[2], n[3:]
		var v [32]uint32
		for i := range v {
			if i < s {
				v[i] = m[i] << (31 - i)
				continue
			}
			v[i] = v[i-s] ^ v[i-s]>>s
			for k := 1; k < s; k++ {
				v[i] ^= (a >> (s - 1 - k) & 1) * v[i-k]
			}
		}
		table = append(table, v)
	}
	return table
})

// sobolSequence is a Sobol sequence in d dimensions under Owen scrambling: any
// 2^m points in a row from a multiple of 2^m are stratified, whatever the seed.
// The scrambling is the hashed form of Burley, Practical Hash-based Owen
// Scrambling, JCGT 9 (2020). Points are read by index, in any order.
type sobolSequence struct {
	seeds []uint32 // one scrambling per dimension
}

func newSobol(d int, seed uint64) sobolSequence {
	s := sobolSequence{seeds: make([]uint32, d)}
	for i := range s.seeds {
		s.seeds[i] = uint32(mix(seed, uint64(i)))
	}
	return s
}

// at is coordinate dim of point index, in [0,1). O(log index).
func (s sobolSequence) at(index uint32, dim int) float64 {
	seed := s.seeds[dim]
	if dim >= sobolDims {
		return float64(uint32(mix(uint64(seed), uint64(index)))) / (1 << 32)
	}
	v := &directions()[dim]
	var x uint32
	for i := index; i != 0; i &= i - 1 {
		x ^= v[bits.TrailingZeros32(i)]
	}
	return float64(owen(x, seed)) / (1 << 32)
}

// point fills u with point index.
func (s sobolSequence) point(index uint32, u []float64) {
	for dim := range u {
		u[dim] = s.at(index, dim)
	}
}

// owen is a nested uniform scrambling of the bits of x: each bit is flipped by
// a hash of the bits above it.
func owen(x, seed uint32) uint32 {
	x = bits.Reverse32(x)
	x ^= x * 0x3d20adea // constants of Vegdahl's variant of the Laine-Karras hash
	x += seed
	x *= (seed >> 16) | 1
	x ^= x * 0x05526c56
	x ^= x * 0x53a22864
	return bits.Reverse32(x)
}

// mix hashes two numbers into one (SplitMix64's finaliser).
func mix(a, b uint64) uint64 {
	z := a + 0x9e3779b97f4a7c15*(b+1)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
