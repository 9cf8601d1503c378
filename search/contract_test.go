package search_test

import (
	"testing"

	"github.com/sweepd/sweepd/search"
	"github.com/sweepd/sweepd/search/searchtest"
)

func TestSamplers(t *testing.T) {
	for name, info := range search.Samplers {
		t.Run(name, func(t *testing.T) { searchtest.RunSampler(t, info.New) })
	}
}

func TestStoppers(t *testing.T) {
	for name, info := range search.Stoppers {
		t.Run(name, func(t *testing.T) { searchtest.RunStopper(t, info.New) })
	}
}
