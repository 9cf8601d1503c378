package filter

import (
	"strconv"

	"github.com/sweepd/sweepd/internal/fault"
)

// Experiments reads a filter for experiments; "" is the empty filter. A clause
// about ExperimentID is about its text, a decimal integer. Its errors are
// Invalid, in MLflow's words.
func Experiments(src string) (Filter, error) {
	f, err := parse(src, experimentRules())
	if err != nil {
		return nil, err
	}
	for i := range f {
		if err := checkExperimentClause(&f[i]); err != nil {
			return nil, err
		}
	}
	return f, nil
}

func experimentRules() rules {
	return rules{
		entities: map[string]Entity{"attribute": Attribute, "attributes": Attribute, "tag": Tag, "tags": Tag},
		badEntity: func(s string) error {
			return fault.Invalidf("Invalid entity type '%s'. Valid entity types are ('attribute', 'tag', 'tags')", s)
		},
		attributes: map[string]string{
			Name: Name, ExperimentID: ExperimentID, CreationTime: CreationTime, LastUpdateTime: LastUpdateTime,
		},
		numeric:  map[string]bool{CreationTime: true, LastUpdateTime: true},
		lists:    map[string]bool{ExperimentID: true},
		listed:   "['experiment_id']",
		nullable: func(e Entity) bool { return e == Tag },
		badNull: func(_ Entity, key string) error {
			return fault.Invalidf("IS NULL / IS NOT NULL is only supported for tags, not for attribute '%s'", key)
		},
	}
}

// checkExperimentClause checks values and makes IDs canonical ("07" is "7").
func checkExperimentClause(c *Clause) error {
	if c.Numeric && c.Number != float64(int64(c.Number)) {
		return fault.Invalidf("Invalid value for numeric attribute '%s': '%s'", c.Key, strconv.FormatFloat(c.Number, 'g', -1, 64))
	}
	if c.Entity != Attribute || c.Key != ExperimentID {
		return nil
	}
	switch c.Op {
	case Like, ILike:
		return fault.Invalidf("Invalid comparator for experiment_id: %s", c.Op)
	case In, NotIn:
		for i := range c.List {
			if err := experimentID(&c.List[i]); err != nil {
				return err
			}
		}
		return nil
	}
	return experimentID(&c.Text)
}

func experimentID(id *string) error {
	n, err := strconv.ParseInt(*id, 10, 64)
	if err != nil {
		return fault.Invalidf("Invalid experiment ID '%s'. Experiment ID must be a valid integer.", *id)
	}
	*id = strconv.FormatInt(n, 10)
	return nil
}
