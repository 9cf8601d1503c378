package mlflow

import (
	"github.com/labstack/echo/v4"

	"github.com/sweepd/sweepd/tracking"
)

// metric reads a point. Its value and time are needed, a step is 0 when absent.
func metric(in *fields) tracking.Metric {
	m := tracking.Metric{Key: in.need("key"), Step: in.size("step", 0)}
	if v := in.float("value"); v != nil {
		m.Value = *v
	} else {
		in.missing("value")
	}
	if t := in.integer("timestamp"); t != nil {
		m.Time = *t
	} else {
		in.missing("timestamp")
	}
	return m
}

// measured tells which model, on which dataset, a point measures; false for none.
func measured(in *fields, m tracking.Metric) (tracking.ModelMetric, bool) {
	model := in.text("model_id")
	if model == "" {
		return tracking.ModelMetric{}, false
	}
	return tracking.ModelMetric{Metric: m, Model: model, Dataset: dataset(in)}, true
}

func logMetric(c echo.Context, api tracking.API, in *fields) (any, error) {
	run, m := in.run(), metric(in)
	of, model := measured(in, m)
	if err := in.ok(); err != nil {
		return nil, err
	}
	if model {
		return none{}, api.LogBatch(c.Request().Context(), run, tracking.Batch{Metrics: []tracking.Metric{m}, Models: []tracking.ModelMetric{of}})
	}
	return none{}, api.LogMetric(c.Request().Context(), run, m)
}

func logParam(c echo.Context, api tracking.API, in *fields) (any, error) {
	run, p := in.run(), tracking.Param{Key: in.need("key"), Value: in.text("value")}
	if err := in.ok(); err != nil {
		return nil, err
	}
	return none{}, api.LogParam(c.Request().Context(), run, p)
}

func setTag(c echo.Context, api tracking.API, in *fields) (any, error) {
	run, t := in.run(), tracking.Tag{Key: in.need("key"), Value: in.text("value")}
	if err := in.ok(); err != nil {
		return nil, err
	}
	return none{}, api.SetTag(c.Request().Context(), run, t)
}

func deleteTag(c echo.Context, api tracking.API, in *fields) (any, error) {
	run, key := in.run(), in.need("key")
	if err := in.ok(); err != nil {
		return nil, err
	}
	return none{}, api.DeleteTag(c.Request().Context(), run, key)
}

func logBatch(c echo.Context, api tracking.API, in *fields) (any, error) {
	run := in.run()
	var b tracking.Batch
	in.each("metrics", func(in *fields) {
		m := metric(in)
		b.Metrics = append(b.Metrics, m)
		if of, model := measured(in, m); model {
			b.Models = append(b.Models, of)
		}
	})
	b.Params, b.Tags = params(in), tags(in)
	if err := in.ok(); err != nil {
		return nil, err
	}
	return none{}, api.LogBatch(c.Request().Context(), run, b)
}

// logInputs takes datasets and models.
func logInputs(c echo.Context, api tracking.API, in *fields) (any, error) {
	run := in.run()
	var inputs []tracking.Input
	in.each("datasets", func(d *fields) {
		input := tracking.Input{Tags: tags(d)}
		if d := d.object("dataset"); d != nil {
			input.Dataset = tracking.Dataset{
				Name: d.need("name"), Digest: d.need("digest"), SourceType: d.need("source_type"), Source: d.need("source"),
				Schema: d.text("schema"), Profile: d.text("profile"),
			}
		} else {
			d.missing("dataset")
		}
		inputs = append(inputs, input)
	})
	var models tracking.Links
	in.each("models", func(m *fields) { models.Inputs = append(models.Inputs, m.need("model_id")) })
	if err := in.ok(); err != nil {
		return nil, err
	}
	if len(models.Inputs) > 0 {
		if err := api.LinkModels(c.Request().Context(), run, models); err != nil {
			return nil, err
		}
	}
	return none{}, api.LogInputs(c.Request().Context(), run, inputs)
}
