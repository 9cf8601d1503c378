package search

import (
	"math"
	"slices"
)

// warp makes losses fit for a Gaussian model: as good as standard normal, with
// the differences among the good ones kept and those among the bad ones drawn
// together. Losses above the median become what their rank would be in a normal
// distribution whose width is that of the better half (the half-rank warp of
// Vizier's GP bandit, Song et al. 2024, arXiv:2408.11527); then a logarithm
// spreads the best (s = 1.5 there). Equal losses stay equal. O(n log n).
func warp(loss []float64) []float64 {
	n := len(loss)
	out := slices.Clone(loss)
	if n < 2 {
		return make([]float64, n)
	}
	sorted := slices.Sorted(slices.Values(loss))
	median := (sorted[(n-1)/2] + sorted[n/2]) / 2
	halfRank(out, sorted, median)
	low, high := slices.Min(out), slices.Max(out)
	if high == low {
		return make([]float64, n)
	}
	const s = 1.5
	for i, y := range out {
		out[i] = math.Log1p((s-1)*(y-low)/(high-low)) / math.Log(s)
	}
	return standardise(out)
}

// halfRank replaces the losses above the median.
func halfRank(out, sorted []float64, median float64) {
	width, good := 0.0, 0
	for _, y := range sorted {
		if y <= median {
			width += (y - median) * (y - median)
			good++
		}
	}
	if width = math.Sqrt(width / float64(max(good, 1))); width == 0 {
		width = math.Abs(sorted[len(sorted)-1]-median) / 3
	}
	n := float64(len(sorted))
	for i, y := range out {
		if y <= median {
			continue
		}
		first, _ := slices.BinarySearch(sorted, y)
		last, _ := slices.BinarySearchFunc(sorted, y, func(a, b float64) int {
			if a <= b {
				return -1
			}
			return 1
		})
		rank := (float64(first) + float64(last)) / 2 / n // the middle of the equal ones
		out[i] = median + width*math.Sqrt2*math.Erfinv(2*min(rank, 1-0.25/n)-1)
	}
}

// standardise shifts and scales to mean 0 and variance 1; equal numbers become 0.
func standardise(y []float64) []float64 {
	mean, square := 0.0, 0.0
	for _, v := range y {
		mean += v / float64(len(y))
	}
	for _, v := range y {
		square += (v - mean) * (v - mean) / float64(len(y))
	}
	sd := math.Sqrt(square)
	if !(sd > 1e-12*(1+math.Abs(mean))) {
		sd = math.Inf(1)
	}
	for i := range y {
		y[i] = (y[i] - mean) / sd
	}
	return y
}
