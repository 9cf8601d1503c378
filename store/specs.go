package store

import (
	"slices"

	"gorm.io/gorm"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/trials/spec"
)

// specs are the specs that have been read: they never change, and one with ten
// thousand points takes longer to parse than all else that is done with it.
type specs struct{ cache[int64, specEntry] }

type specEntry struct {
	source string
	spec   *spec.Spec
}

// of gives a sweep's spec; the caller must not change it.
func (s *specs) of(db *gorm.DB, sweep int64) (specEntry, error) {
	if e, ok := s.get(sweep); ok {
		return e, nil
	}
	var row specRow
	res := db.Raw("SELECT * FROM sweep_specs WHERE sweep = ?", sweep).Scan(&row)
	if res.Error != nil {
		return specEntry{}, res.Error
	}
	if res.RowsAffected == 0 {
		return specEntry{}, fault.NotFoundf("there is no sweep number %d", sweep)
	}
	e := specEntry{source: row.Source, spec: &spec.Spec{}}
	if err := decode(row.Spec, e.spec); err != nil {
		return specEntry{}, err
	}
	s.put(sweep, e)
	return e, nil
}

// with is the spec under a parallel bound that a person has set since, 0 for
// none.
func (e specEntry) with(parallel int) *spec.Spec {
	if parallel == 0 {
		return e.spec
	}
	sp := *e.spec
	sp.Budget.Parallel = parallel
	sp.Stages = slices.Clone(sp.Stages)
	for i := range sp.Stages {
		sp.Stages[i].Budget.Parallel = parallel
	}
	return &sp
}

// stage gives the stage of that name; one that the spec does not have is a
// defect.
func (e specEntry) stage(name string) (*spec.Stage, error) {
	if st := e.spec.Stage(name); st != nil {
		return st, nil
	}
	return nil, fault.Newf(fault.Internal, "the spec has no stage %q", name)
}
