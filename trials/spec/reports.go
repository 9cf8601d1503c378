package spec

import (
	"regexp"

	"github.com/sweepd/sweepd/search"
)

var (
	lengths = regexp.MustCompile(`(?i)(^|[._/-])((n|num|max)[._-]?)?(epochs?|steps?|iters?|iterations|rounds)$`)
	batches = regexp.MustCompile(`(?i)(^|[._/-])(batch([._-]?size)?|bs)$`)
)

// meaningOfReports warns when a searched parameter changes what a report, a
// step or a length of training means: then trials at one rung have not done the
// same.
func (b *builder) meaningOfReports(s *Stage, part *part, known *search.Definition) {
	if s.EarlyStop == nil || known == nil {
		return
	}
	for _, p := range known.Params {
		if p.Type == search.Const {
			continue
		}
		at, here := part.given.names[p.Name]
		if !here {
			at = part.n.placeOf("early_stop")
		}
		switch {
		case lengths.MatchString(p.Pass):
			b.warn(at, "hold it constant and let early stopping choose", "%s is searched, and early stopping compares trials as if all were to run equally long", p.Pass)
		case s.EarlyStop.Resource == "step" && batches.MatchString(p.Pass):
			b.warn(at, "use resource: reports", "%s is searched, and a step of one trial is not a step of another", p.Pass)
		}
	}
}
