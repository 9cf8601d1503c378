package filter

import (
	"github.com/sweepd/sweepd/internal/fault"
)

// Runs reads a filter for runs; "" is the empty filter. Its errors are Invalid,
// in MLflow's words.
func Runs(src string) (Filter, error) { return parse(src, runRules()) }

func runRules() rules {
	return rules{
		entities: map[string]Entity{
			"metric": Metric, "metrics": Metric,
			"parameter": Param, "parameters": Param, "param": Param, "params": Param,
			"tag": Tag, "tags": Tag,
			"attribute": Attribute, "attributes": Attribute, "attr": Attribute, "run": Attribute,
			"dataset": Dataset, "datasets": Dataset,
		},
		badEntity: func(s string) error {
			return fault.Invalidf("Invalid entity type '%s'. Valid values are ['metric', 'parameter', 'tag', 'attribute', 'dataset']", s)
		},
		attributes: map[string]string{
			RunID: RunID, RunName: RunName, UserID: UserID, RunStatus: RunStatus,
			StartTime: StartTime, EndTime: EndTime, ArtifactURI: ArtifactURI,
			"created": StartTime, "Created": StartTime,
			"run name": RunName, "Run name": RunName, "Run Name": RunName,
		},
		numeric:  map[string]bool{StartTime: true, EndTime: true},
		lists:    map[string]bool{RunID: true},
		listed:   "['run_id']",
		nullable: func(e Entity) bool { return e == Tag || e == Param },
		badNull: func(e Entity, key string) error {
			return fault.Invalidf("IS NULL / IS NOT NULL is only supported for tags and params, not for '%s' '%s'", e, key)
		},
	}
}
