package filter

import (
	"strings"

	"github.com/sweepd/sweepd/internal/fault"
)

// Canonical attribute keys of logged models; Name is one as well.
const (
	ModelID          = "model_id"
	ModelType        = "model_type"
	ModelStatus      = "status"
	SourceRunID      = "source_run_id"
	CreationStamp    = "creation_timestamp"     // milliseconds
	LastUpdatedStamp = "last_updated_timestamp" // milliseconds
)

// Models reads a filter for logged models; "" is the empty filter. Every text
// takes lists, nothing takes IS NULL. Its errors are Invalid, in MLflow's words
// where it has some.
func Models(src string) (Filter, error) { return parse(src, modelRules()) }

func modelRules() rules {
	return rules{
		entities:  map[string]Entity{"attribute": Attribute, "attributes": Attribute, "metrics": Metric, "params": Param, "tags": Tag},
		badEntity: badModelEntity,
		attributes: map[string]string{
			Name: Name, ModelID: ModelID, ModelType: ModelType, ModelStatus: ModelStatus, SourceRunID: SourceRunID, ExperimentID: ExperimentID,
			CreationStamp: CreationStamp, "creation_time": CreationStamp, "creation_timestamp_ms": CreationStamp,
			LastUpdatedStamp: LastUpdatedStamp, "last_updated_time": LastUpdatedStamp, "last_updated_timestamp_ms": LastUpdatedStamp,
		},
		numeric:  map[string]bool{CreationStamp: true, LastUpdatedStamp: true},
		anyList:  true,
		nullable: func(Entity) bool { return false },
		badNull: func(e Entity, key string) error {
			return fault.Invalidf("IS NULL / IS NOT NULL is not supported for logged model search, for '%s' '%s' neither", e, key)
		},
	}
}

func badModelEntity(s string) error {
	return fault.Invalidf("Invalid entity type: %s. Expected one of ['attributes', 'metrics', 'params', 'tags'].", pyString(s))
}

// ModelOrder reads fields to sort logged models by, an attribute or "metrics."
// and a key, and makes the order total: the newest first unless it says
// otherwise, then by ID. Its errors are Invalid.
func ModelOrder(fields []string, desc []bool) ([]Order, error) {
	var orders []Order
	for i, field := range fields {
		o := Order{Entity: Attribute, Desc: desc[i]}
		entity, key, dotted := strings.Cut(field, ".")
		if dotted && entity != "attributes" {
			if entity != "metrics" {
				return nil, fault.Invalidf("Invalid order by field name: %s. Only metrics are supported.", field)
			}
			o.Entity, o.Key = Metric, unquote(key)
			orders = append(orders, o)
			continue
		}
		if !dotted {
			key = field
		}
		canonical, ok := modelRules().attributes[key]
		if !ok {
			return nil, fault.Invalidf("Invalid order by field name: %s", field).Fix("%s", fault.DidYouMean(key, keysOf(modelRules().attributes)))
		}
		o.Key = canonical
		orders = append(orders, o)
	}
	return total(orders, Order{Attribute, CreationStamp, true}, Order{Attribute, ModelID, false}), nil
}
