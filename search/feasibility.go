package search

import "math"

// feasibleWidth is the inverse of twice the squared width of the kernel by which
// neighbours tell of one another, in a space of one dimension.
const feasibleWidth = 12

// feasibility estimates, from trials that ended well and trials that failed, the
// log of the probability that a trial at x does not fail: a kernel estimate whose
// prior is the share of all trials, so that failures that come by chance weigh on
// all places alike. O(trials · d) a place.
func feasibility(f *features, good, failed [][]float64) func(x []float64) float64 {
	if len(failed) == 0 {
		return func([]float64) float64 { return 0 }
	}
	share := (float64(len(good)) + 0.5) / (float64(len(good)+len(failed)) + 1)
	weight := func(x, z []float64) float64 {
		sum := 0.0
		for _, k := range f.numeric {
			sum += (x[k] - z[k]) * (x[k] - z[k])
		}
		for _, k := range f.choice {
			if x[k] != z[k] {
				sum += 0.5
			}
		}
		return math.Exp(-feasibleWidth * sum / float64(len(x)))
	}
	return func(x []float64) float64 {
		well, all := share, 1.0
		for _, z := range good {
			w := weight(x, z)
			well, all = well+w, all+w
		}
		for _, z := range failed {
			all += weight(x, z)
		}
		return math.Log(well / all)
	}
}
