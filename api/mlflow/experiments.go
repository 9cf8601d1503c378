package mlflow

import (
	"github.com/labstack/echo/v4"

	"github.com/sweepd/sweepd/tracking"
)

func createExperiment(c echo.Context, api tracking.API, in *fields) (any, error) {
	e := tracking.NewExperiment{Name: in.need("name"), ArtifactLocation: in.text("artifact_location"), Tags: tags(in)}
	if err := in.ok(); err != nil {
		return nil, err
	}
	id, err := api.CreateExperiment(c.Request().Context(), e)
	return struct {
		ID string `json:"experiment_id"`
	}{id}, err
}

// tags reads a list of keys and values; an absent value is "".
func tags(in *fields) []tracking.Tag {
	var out []tracking.Tag
	in.each("tags", func(t *fields) {
		out = append(out, tracking.Tag{Key: t.need("key"), Value: t.text("value")})
	})
	return out
}

type experimentAnswer struct {
	Experiment experimentWire `json:"experiment"`
}

func getExperiment(c echo.Context, api tracking.API, in *fields) (any, error) {
	id := in.need("experiment_id")
	if err := in.ok(); err != nil {
		return nil, err
	}
	e, err := api.Experiment(c.Request().Context(), id)
	return experimentAnswer{ofExperiment(e)}, err
}

func getExperimentByName(c echo.Context, api tracking.API, in *fields) (any, error) {
	name := in.need("experiment_name")
	if err := in.ok(); err != nil {
		return nil, err
	}
	e, err := api.ExperimentByName(c.Request().Context(), name)
	return experimentAnswer{ofExperiment(e)}, err
}

func updateExperiment(c echo.Context, api tracking.API, in *fields) (any, error) {
	id, name := in.need("experiment_id"), in.need("new_name")
	if err := in.ok(); err != nil {
		return nil, err
	}
	return none{}, api.RenameExperiment(c.Request().Context(), id, name)
}

func deleteExperiment(c echo.Context, api tracking.API, in *fields) (any, error) {
	id := in.need("experiment_id")
	if err := in.ok(); err != nil {
		return nil, err
	}
	return none{}, api.DeleteExperiment(c.Request().Context(), id)
}

func restoreExperiment(c echo.Context, api tracking.API, in *fields) (any, error) {
	id := in.need("experiment_id")
	if err := in.ok(); err != nil {
		return nil, err
	}
	return none{}, api.RestoreExperiment(c.Request().Context(), id)
}

func setExperimentTag(c echo.Context, api tracking.API, in *fields) (any, error) {
	id, t := in.need("experiment_id"), tracking.Tag{Key: in.need("key"), Value: in.text("value")}
	if err := in.ok(); err != nil {
		return nil, err
	}
	return none{}, api.SetExperimentTag(c.Request().Context(), id, t)
}

func deleteExperimentTag(c echo.Context, api tracking.API, in *fields) (any, error) {
	id, key := in.need("experiment_id"), in.need("key")
	if err := in.ok(); err != nil {
		return nil, err
	}
	return none{}, api.DeleteExperimentTag(c.Request().Context(), id, key)
}

func searchExperiments(c echo.Context, api tracking.API, in *fields) (any, error) {
	s := tracking.ExperimentSearch{
		View: view(in, "view_type"), Filter: in.text("filter"), OrderBy: in.texts("order_by"),
		Limit: int(in.size("max_results", 1000)), Token: in.text("page_token"),
	}
	if err := in.ok(); err != nil {
		return nil, err
	}
	list, err := api.SearchExperiments(c.Request().Context(), s)
	answer := struct {
		Experiments []experimentWire `json:"experiments,omitempty"`
		Token       string           `json:"next_page_token,omitempty"`
	}{Token: list.Token}
	for _, e := range list.Experiments {
		answer.Experiments = append(answer.Experiments, ofExperiment(e))
	}
	return answer, err
}

// view reads a ViewType.
func view(in *fields, name string) tracking.View {
	return tracking.View(in.choice(name, []string{string(tracking.ActiveOnly), string(tracking.DeletedOnly), string(tracking.All)}))
}
