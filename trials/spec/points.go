package spec

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// maxPoints bounds a submission of explicit trials.
const maxPoints = 1_000_000

// readPoints reads explicit trials: a list, or the name of a file.
func (b *builder) readPoints(o object, s *Stage) {
	n := o.n.get("points")
	rows := n
	if o.n.has("for_each") {
		b.later(o.n.placeOf("for_each"), "for_each over points")
	}
	switch n.kind {
	case stringKind:
		if rows = b.pointsFile(n); rows == nil {
			return
		}
	case listKind:
	default:
		b.fail(n.at, "write - {lr: 1e-3, width: 64} below it, or the name of a file", "points is a list of points, not %s", n.describe())
		return
	}
	if rows.kind != listKind {
		b.fail(rows.at, "", "%s holds %s, not a list of points", n.describe(), rows.describe())
		return
	}
	if len(rows.items) == 0 {
		b.fail(rows.at, "give at least one", "there are no points")
		return
	}
	if len(rows.items) > maxPoints {
		b.fail(rows.at, "", "%d points are more than %d", len(rows.items), maxPoints)
		return
	}
	s.Points = make([]PointSpec, 0, len(rows.items))
	seen := make(map[string]place, len(rows.items))
	ids := map[string]place{}
	for _, row := range rows.items {
		pt, ok := b.point(row)
		if !ok {
			continue
		}
		key := canonical(pt.Params)
		if first, twice := seen[key]; twice {
			b.fail(row.at, "take one out", "the point is the same as that of line %d", first.line)
			continue
		}
		seen[key] = row.at
		if pt.ID != "" {
			if first, twice := ids[pt.ID]; twice {
				b.fail(row.at, "", "the id %q is that of line %d too", pt.ID, first.line)
				continue
			}
			ids[pt.ID] = row.at
		}
		s.Points = append(s.Points, pt)
	}
}

var pointKeys = keys{known: []string{"params", "id", "name", "seed"}, later: []string{"resources"}}

// point reads one point: flat, or {params, id, name, seed}.
func (p *parser) point(n *node) (PointSpec, bool) {
	var out PointSpec
	if n.kind != mapKind {
		p.fail(n.at, "for example {lr: 1e-3, width: 64}", "a point is a map, not %s", n.describe())
		return out, false
	}
	wrapped := n.get("params")
	if wrapped == nil || wrapped.kind != mapKind {
		var ok bool
		out.Params, ok = p.params(n, "")
		return out, ok
	}
	o := p.object(n, "a point", pointKeys)
	o.text("id", &out.ID)
	o.text("name", &out.Name)
	if seed := n.get("seed"); seed != nil && seed.kind != nullKind {
		v, ok := seed.value.(int64)
		if !ok || v < 0 {
			p.fail(seed.at, "", "the seed of a point is a whole number from 0, not %s", seed.describe())
		}
		u := uint64(max(v, 0))
		out.Seed = &u
	}
	var ok bool
	out.Params, ok = p.params(wrapped, "")
	return out, ok
}

// params reads parameter values; nested maps are dotted names.
func (p *parser) params(n *node, prefix string) (map[string]any, bool) {
	out, ok := make(map[string]any, len(n.fields)), true
	for _, f := range n.fields {
		name := prefix + f.name
		switch f.value.kind {
		case mapKind:
			inner, fine := p.params(f.value, name+".")
			for _, k := range slices.Sorted(maps.Keys(inner)) {
				if _, twice := out[k]; twice {
					p.fail(f.at, "keep one of them", "%s is given twice", k)
					fine = false
				}
				out[k] = inner[k]
			}
			ok = ok && fine
			continue
		case listKind:
			p.fail(f.value.at, "quote it, and let the script read the text", "%s is a list, and a parameter is one value", name)
			ok = false
			continue
		case floatKind:
			if v := f.value.value.(float64); math.IsNaN(v) || math.IsInf(v, 0) {
				p.fail(f.value.at, "", "%s is %s, which is not a finite number", name, f.value.text)
				ok = false
				continue
			}
		}
		if !passable.MatchString(name) {
			p.fail(f.at, "letters, digits, _ . / - after a letter or _", "the name %q cannot be passed to a trial", name)
			ok = false
			continue
		}
		if _, twice := out[name]; twice {
			p.fail(f.at, "keep one of them", "%s is given twice", name)
			ok = false
		}
		out[name] = f.value.plainValue()
	}
	return out, ok
}

// canonical is the same text for the same parameters.
func canonical(params map[string]any) string {
	names := make([]string, 0, len(params))
	for name := range params {
		names = append(names, name)
	}
	slices.Sort(names)
	var b strings.Builder
	for _, name := range names {
		b.WriteString(name)
		if s, ok := params[name].(string); ok {
			b.WriteString(strconv.Quote(s))
		} else {
			b.WriteByte('=')
			b.WriteString(formatValue(params[name]))
		}
		b.WriteByte(',')
	}
	return b.String()
}
