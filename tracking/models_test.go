package tracking_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/tracking"
)

func TestAModelHasANameWhateverIsGiven(t *testing.T) {
	api, _, _ := open()
	for _, name := range []string{"net", ""} {
		m, err := api.CreateModel(t.Context(), tracking.NewModel{Name: name})
		if err != nil {
			t.Fatal(err)
		}
		if name != "" && m.Name != name || m.Name == "" || m.Status != tracking.ModelPending || m.Experiment != "0" || !tracking.IsModelID(m.ID) {
			t.Errorf("%q gave %+v", name, m)
		}
	}
}

func TestWordsOfInvalidModels(t *testing.T) {
	api, _, _ := open()
	m, err := api.CreateModel(t.Context(), tracking.NewModel{})
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	for _, c := range []struct {
		err  error
		want string
	}{
		{second(api.CreateModel(ctx, tracking.NewModel{Name: "a.b"})), `Invalid model name ('a.b') provided. Model name must be a non-empty string and cannot contain the following characters: ('/', ':', '.', '%', '"', "'")`},
		{second(api.CreateModel(ctx, tracking.NewModel{Name: strings.Repeat("n", 501)})), `'name' exceeds the maximum length of 500 characters`},
		{second(api.CreateModel(ctx, tracking.NewModel{Params: []tracking.Param{{Key: "a"}, {Key: "a"}}})), `Duplicate parameter keys have been submitted: ['a']. Please ensure the request contains only one param value per param key.`},
		{api.SetModelTags(ctx, m.ID, make100(101)), `A request can contain at most 100 tags of a model. Got 101 tags. (split them across several requests to logged-models/ID/tags)`},
		{api.LogModelParams(ctx, m.ID, []tracking.Param{{Key: "ok"}, {Key: strings.Repeat("k", 256)}}), `'params[1].key' exceeds the maximum length of 255 characters`},
		{api.LogModelParams(ctx, m.ID, []tracking.Param{{Key: "p", Value: strings.Repeat("v", 100001)}}), `'params[0].value' exceeds the maximum length of 100000 characters`},
		{second(api.SearchModels(ctx, tracking.ModelSearch{Limit: 0})), `Invalid value 0 for parameter 'max_results' supplied. It must be a positive integer`},
		{api.LinkModels(ctx, "a\n", tracking.Links{}), `Invalid value "a\n" for parameter 'run_id' supplied.`},
	} {
		if c.err == nil || c.err.Error() != c.want || !fault.Is(c.err, fault.Invalid) {
			t.Errorf("got  %v\nwant %s", c.err, c.want)
		}
	}
}

func TestADeletedModelIsFoundOnlyWhenAskedFor(t *testing.T) {
	api, _, _ := open()
	m, err := api.CreateModel(t.Context(), tracking.NewModel{})
	if err != nil {
		t.Fatal(err)
	}
	if err := api.DeleteModel(t.Context(), m.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := api.Model(t.Context(), m.ID, false); !fault.Is(err, fault.NotFound) {
		t.Errorf("got %v, want not found", err)
	}
	got, err := api.Model(t.Context(), m.ID, true)
	if err != nil || got.Lifecycle != tracking.Deleted {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestTokensOfModelsBelongToTheirSearch(t *testing.T) {
	api, _, _ := open()
	for i := range 3 {
		if _, err := api.CreateModel(t.Context(), tracking.NewModel{Name: fmt.Sprint("n", i)}); err != nil {
			t.Fatal(err)
		}
	}
	search := tracking.ModelSearch{Experiments: []string{"0"}, Limit: 2}
	first, err := api.SearchModels(t.Context(), search)
	if err != nil || len(first.Models) != 2 || first.Token == "" {
		t.Fatalf("%d models, token %q, %v", len(first.Models), first.Token, err)
	}
	search.Token = first.Token
	last, err := api.SearchModels(t.Context(), search)
	if err != nil || len(last.Models) != 1 || last.Token != "" {
		t.Errorf("second page: %d models, token %q, %v", len(last.Models), last.Token, err)
	}
	search.OrderBy = []tracking.ModelSort{{Field: "name"}}
	if _, err := api.SearchModels(t.Context(), search); !fault.Is(err, fault.Invalid) {
		t.Errorf("a token of another search: %v", err)
	}
	search.Token, search.Experiments = "", nil
	if none, err := api.SearchModels(t.Context(), search); err != nil || len(none.Models) != 0 {
		t.Errorf("in no experiment: %+v, %v", none, err)
	}
}

func TestFilesOfModelsAreFencedLikeThem(t *testing.T) {
	api, m, s := open()
	_, live, stale := m.Own("0")
	own, err := s.As(live).CreateModel(t.Context(), tracking.NewModel{})
	if err != nil {
		t.Fatal(err)
	}
	free, err := api.CreateModel(t.Context(), tracking.NewModel{})
	if err != nil {
		t.Fatal(err)
	}
	at := func(id string) string { return "0/models/" + id + "/artifacts/model.pkl" }
	for _, c := range []struct {
		by   tracking.API
		path string
		want fault.Kind
	}{
		{api, at(free.ID), ""},
		{api, at(own.ID), fault.Denied},
		{api, "0/models/" + own.ID + "/artifacts", fault.Denied},
		{s.As(live), at(own.ID), ""},
		{s.As(live), at(free.ID), fault.Denied},
		{s.As(live), at("m-" + strings.Repeat("0", 32)), fault.Denied},
		{s.As(live), "0/models/" + own.ID, fault.Denied},
		{s.As(stale), at(own.ID), fault.Stale},
	} {
		if err := c.by.MayWriteArtifact(t.Context(), c.path); fault.KindOf(err) != c.want {
			t.Errorf("%s: %v, want %q", c.path, err, c.want)
		}
	}
}
