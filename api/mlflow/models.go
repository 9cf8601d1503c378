package mlflow

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/sweepd/sweepd/tracking"
)

// modelRoutes are the routes of logged models.
func (s *Server) modelRoutes() []route {
	call := s.call
	return []route{
		{http.MethodPost, "/mlflow/logged-models", call(createModel)},
		{http.MethodPost, "/mlflow/logged-models/search", call(searchModels)},
		{http.MethodGet, "/mlflow/logged-models/:id", call(getModel)},
		{http.MethodPatch, "/mlflow/logged-models/:id", call(finalizeModel)},
		{http.MethodDelete, "/mlflow/logged-models/:id", call(deleteModel)},
		{http.MethodPost, "/mlflow/logged-models/:id/params", call(logModelParams)},
		{http.MethodPatch, "/mlflow/logged-models/:id/tags", call(setModelTags)},
		{http.MethodDelete, "/mlflow/logged-models/:id/tags/:key", call(deleteModelTag)},
		{http.MethodGet, "/mlflow/logged-models/:id/artifacts/directories", call(s.listModelArtifacts)},
		{http.MethodPost, "/mlflow/runs/outputs", call(logOutputs)},
	}
}

// params reads a list of keys and values; an absent value is "".
func params(in *fields) []tracking.Param {
	var out []tracking.Param
	in.each("params", func(p *fields) {
		out = append(out, tracking.Param{Key: p.need("key"), Value: p.text("value")})
	})
	return out
}

func createModel(c echo.Context, api tracking.API, in *fields) (any, error) {
	n := tracking.NewModel{
		Experiment: in.need("experiment_id"), Name: in.text("name"), Type: in.text("model_type"), SourceRun: in.text("source_run_id"),
		Params: params(in), Tags: tags(in), RequestKey: c.Request().Header.Get(headerRequestKey),
	}
	if err := in.ok(); err != nil {
		return nil, err
	}
	m, err := api.CreateModel(c.Request().Context(), n)
	return modelAnswer{ofModel(m)}, err
}

func getModel(c echo.Context, api tracking.API, in *fields) (any, error) {
	deletedToo := in.flag("allow_deleted", false)
	if err := in.ok(); err != nil {
		return nil, err
	}
	m, err := api.Model(c.Request().Context(), c.Param("id"), deletedToo)
	return modelAnswer{ofModel(m)}, err
}

func finalizeModel(c echo.Context, api tracking.API, in *fields) (any, error) {
	status := in.choice("status", modelStatusNames())
	if status == "" {
		in.missing("status")
	}
	if err := in.ok(); err != nil {
		return nil, err
	}
	m, err := api.SetModelStatus(c.Request().Context(), c.Param("id"), modelStatus(status))
	return modelAnswer{ofModel(m)}, err
}

func deleteModel(c echo.Context, api tracking.API, _ *fields) (any, error) {
	return none{}, api.DeleteModel(c.Request().Context(), c.Param("id"))
}

func logModelParams(c echo.Context, api tracking.API, in *fields) (any, error) {
	list := params(in)
	if err := in.ok(); err != nil {
		return nil, err
	}
	return none{}, api.LogModelParams(c.Request().Context(), c.Param("id"), list)
}

func setModelTags(c echo.Context, api tracking.API, in *fields) (any, error) {
	list := tags(in)
	if err := in.ok(); err != nil {
		return nil, err
	}
	return none{}, api.SetModelTags(c.Request().Context(), c.Param("id"), list)
}

func deleteModelTag(c echo.Context, api tracking.API, _ *fields) (any, error) {
	return none{}, api.DeleteModelTag(c.Request().Context(), c.Param("id"), c.Param("key"))
}

// searchModels sorts upwards unless an order says otherwise.
func searchModels(c echo.Context, api tracking.API, in *fields) (any, error) {
	s := tracking.ModelSearch{
		Experiments: in.texts("experiment_ids"), Filter: in.text("filter"), Limit: int(in.size("max_results", 50)), Token: in.text("page_token"),
	}
	if in.get("experiment_ids") == nil {
		in.missing("experiment_ids")
	}
	in.each("datasets", func(d *fields) { s.Datasets = append(s.Datasets, dataset(d)) })
	in.each("order_by", func(o *fields) {
		s.OrderBy = append(s.OrderBy, tracking.ModelSort{Field: o.need("field_name"), Desc: !o.flag("ascending", true), Dataset: dataset(o)})
	})
	if err := in.ok(); err != nil {
		return nil, err
	}
	list, err := api.SearchModels(c.Request().Context(), s)
	answer := struct {
		Models []modelWire `json:"models,omitempty"`
		Token  string      `json:"next_page_token,omitempty"`
	}{Token: list.Token}
	for _, m := range list.Models {
		answer.Models = append(answer.Models, ofModel(m))
	}
	return answer, err
}

func dataset(in *fields) tracking.DatasetRef {
	return tracking.DatasetRef{Name: in.text("dataset_name"), Digest: in.text("dataset_digest")}
}

// listModelArtifacts lists a folder of a model; the paths it gives are relative
// to the model's root.
func (s *Server) listModelArtifacts(c echo.Context, api tracking.API, in *fields) (any, error) {
	raw := in.text("artifact_directory_path")
	if err := in.ok(); err != nil {
		return nil, err
	}
	m, err := api.Model(c.Request().Context(), c.Param("id"), false)
	if err != nil {
		return nil, err
	}
	return s.listBelow(c, "model "+m.ID, m.ArtifactURI, raw)
}

// logOutputs links models to the run that made them.
func logOutputs(c echo.Context, api tracking.API, in *fields) (any, error) {
	run := in.run()
	var l tracking.Links
	in.each("models", func(m *fields) {
		l.Outputs = append(l.Outputs, tracking.Output{Model: m.need("model_id"), Step: m.size("step", 0)})
	})
	if in.get("models") == nil {
		in.missing("models")
	}
	if err := in.ok(); err != nil {
		return nil, err
	}
	return none{}, api.LinkModels(c.Request().Context(), run, l)
}
