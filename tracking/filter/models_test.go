package filter_test

import (
	"reflect"
	"testing"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/tracking/filter"
)

// The sources and what they mean were run through mlflow 3.17.2
// (search_logged_model_utils.parse_filter_string), which also takes a text without
// quotes.
func TestModelFilters(t *testing.T) {
	for src, want := range map[string]filter.Filter{
		"":                                   nil,
		"name = 'net'":                       {txt(filter.Attribute, filter.Name, filter.Eq, "net")},
		"name like 'n%' AND params.a != 'b'": {txt(filter.Attribute, filter.Name, filter.Like, "n%"), txt(filter.Param, "a", filter.Ne, "b")},
		"model_type IN ('a', 'b')":           {in(filter.Attribute, filter.ModelType, filter.In, "a", "b")},
		"params.a not in ('1')":              {in(filter.Param, "a", filter.NotIn, "1")},
		"tags.a IN ('1')":                    {in(filter.Tag, "a", filter.In, "1")},
		"attributes.status = 'READY'":        {txt(filter.Attribute, filter.ModelStatus, filter.Eq, "READY")},
		"creation_time > 5":                  {num(filter.Attribute, filter.CreationStamp, filter.Gt, 5)},
		"creation_timestamp > 5":             {num(filter.Attribute, filter.CreationStamp, filter.Gt, 5)},
		"last_updated_timestamp <= 5":        {num(filter.Attribute, filter.LastUpdatedStamp, filter.Le, 5)},
		"metrics.`val loss` < 0.3":           {num(filter.Metric, "val loss", filter.Lt, 0.3)},
	} {
		got, err := filter.Models(src)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n got %+v, %v\nwant %+v", src, got, err, want)
		}
	}
	for _, src := range []string{
		"metric.a < 1", "dataset.name = 'x'", "size = 1", "name < 'a'", "name = net", "metrics.a = 'x'", "metrics.a LIKE 1", "metrics.a IN ('1')",
		"params.a IS NULL", "name = 'a' OR name = 'b'", "name = 'a'; name = 'b'", "  ",
	} {
		if f, err := filter.Models(src); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q was read as %+v, %v", src, f, err)
		}
	}
}

func TestModelOrders(t *testing.T) {
	created, id := filter.Order{Entity: filter.Attribute, Key: filter.CreationStamp, Desc: true}, filter.Order{Entity: filter.Attribute, Key: filter.ModelID}
	for _, c := range []struct {
		fields []string
		desc   []bool
		want   []filter.Order
	}{
		{nil, nil, []filter.Order{created, id}},
		{[]string{"metrics.val.loss"}, []bool{true}, []filter.Order{{Entity: filter.Metric, Key: "val.loss", Desc: true}, created, id}},
		{[]string{"creation_time"}, []bool{false}, []filter.Order{{Entity: filter.Attribute, Key: filter.CreationStamp}, id}},
		{[]string{"attributes.model_id", "name"}, []bool{true, false}, []filter.Order{
			{Entity: filter.Attribute, Key: filter.ModelID, Desc: true}, {Entity: filter.Attribute, Key: filter.Name}, created,
		}},
	} {
		if got, err := filter.ModelOrder(c.fields, c.desc); err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q:\n got %+v, %v\nwant %+v", c.fields, got, err, c.want)
		}
	}
	for _, bad := range []string{"params.a", "size", "", "tags.x"} {
		if got, err := filter.ModelOrder([]string{bad}, []bool{false}); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q was read as %+v, %v", bad, got, err)
		}
	}
}
