package search

import (
	"math"
	"slices"
)

// NarrowOptions say how far a space shrinks around its best points.
type NarrowOptions struct {
	Keep  float64 // share of the completed points that shape the new space, at least 3 points; 0 is 0.3
	Widen float64 // margin on each side, as a share of the range they span; 0 is 0.25
}

const (
	minWidth = 0.3 // of the old range that a narrowed one keeps
	fewTries = 3   // a category tried less often than this stays
)

// Narrow is the space around the best of completed, which is sorted best first;
// tried are all points proposed so far, completed or not. Points that do not
// lie in this space (another case of a pinned switch) are left out. The best
// max(3, Keep·n) of the n completed points shape it:
//
//   - a range becomes their smallest to largest value in scaled units, widened by
//     Widen on both sides, at least 30 % of the old range, clipped to it, grids
//     outward; a grid of floats of which one is left is held at it;
//   - a category stays when it is among them or was tried fewer than 3 times;
//   - a parameter that fewer than 3·d of the completed points had, d being the
//     most dimensions that such a point has, stays as it is.
func (s *Space) Narrow(completed, tried []Point, opt NarrowOptions) (*Space, error) {
	if opt.Keep == 0 {
		opt.Keep = 0.3
	}
	if opt.Widen == 0 {
		opt.Widen = 0.25
	}
	all := s.encodeAll(completed)
	tries := s.encodeAll(tried)
	best := all[:min(len(all), max(3, int(math.Ceil(opt.Keep*float64(len(all))))))]
	d := s.def.clone()
	for _, k := range s.dims {
		p := &s.params[k]
		if !s.enough(all, p.dim) {
			continue
		}
		kept := column(best, p.dim)
		if len(kept) == 0 {
			continue
		}
		i, err := find(d.Params, p.Name)
		if err != nil {
			return nil, err
		}
		if p.domain.categorical() {
			d.Params[i] = p.narrowValues(kept, column(tries, p.dim))
		} else {
			d.Params[i] = p.narrowRange(kept, opt.Widen)
		}
	}
	d.dropDeadCases()
	return NewSpace(d)
}

// encodeAll places the points that lie in the space.
func (s *Space) encodeAll(points []Point) [][]float64 {
	var out [][]float64
	for _, pt := range points {
		if c, err := s.Canon(pt); err == nil {
			out = append(out, s.Encode(c))
		}
	}
	return out
}

// enough tells whether dim was active in 3·d points or more.
func (s *Space) enough(points [][]float64, dim int) bool {
	n, d := 0, 0
	for _, u := range points {
		if math.IsNaN(u[dim]) {
			continue
		}
		n++
		active := 0
		for _, x := range u {
			if !math.IsNaN(x) {
				active++
			}
		}
		d = max(d, active)
	}
	return n >= 3*d && n > 0
}

// column are the coordinates of the points in which dim is active.
func column(points [][]float64, dim int) []float64 {
	var out []float64
	for _, u := range points {
		if !math.IsNaN(u[dim]) {
			out = append(out, u[dim])
		}
	}
	return out
}

// narrowRange shrinks a numeric range or the row of an ordinal.
func (p *param) narrowRange(kept []float64, widen float64) Param {
	lo, hi := slices.Min(kept), slices.Max(kept)
	margin := widen * (hi - lo)
	lo, hi = lo-margin, hi+margin
	if w := hi - lo; w < minWidth {
		lo, hi = lo-(minWidth-w)/2, hi+(minWidth-w)/2
	}
	lo, hi = max(lo, 0), min(hi, 1)
	lo = min(lo, max(0, 1-max(minWidth, hi-lo))) // clipped at one end, it grows at the other
	hi = max(hi, min(1, lo+minWidth))
	out, d := p.Param, &p.domain
	if d.cells == 0 {
		out.Low, _ = toFloat64(d.decode(lo))
		out.High, _ = toFloat64(d.decode(hi))
		return out.keepDefault()
	}
	first, last := d.cellOf(lo), d.cellOf(min(hi, belowOne))
	if p.Type == Ordinal {
		out.Values = slices.Clone(d.values[first : last+1])
		return out.keepDefault()
	}
	if first == last && p.Type == Float {
		return held(p.Param, d.at(first))
	}
	out.Low, out.High = d.grid(first), d.grid(last)
	return out.keepDefault()
}

func toFloat64(v any) (float64, bool) { return toFloat(normal(v)) }

// narrowValues keeps the categories that were seen among the best or hardly
// tried.
func (p *param) narrowValues(kept, tried []float64) Param {
	d := &p.domain
	seen, tries := make([]bool, d.cells), make([]int, d.cells)
	for _, u := range kept {
		seen[d.cellOf(u)] = true
	}
	for _, u := range tried {
		tries[d.cellOf(u)]++
	}
	out := p.Param
	out.Values, out.Weights = nil, nil
	for i, v := range d.values {
		if !seen[i] && tries[i] >= fewTries {
			continue
		}
		out.Values = append(out.Values, v)
		if p.Weights != nil {
			out.Weights = append(out.Weights, p.Weights[i])
		}
	}
	if p.Type == Bool && len(out.Values) == 1 {
		return held(p.Param, out.Values[0])
	}
	return out.keepDefault()
}

// keepDefault drops a default that the values left no longer hold.
func (p Param) keepDefault() Param {
	if p.Default == nil {
		return p
	}
	d := newDomain(p)
	if _, err := d.canon(p.Default); err != nil {
		p.Default = nil
	}
	return p
}
