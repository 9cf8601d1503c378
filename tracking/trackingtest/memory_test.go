package trackingtest_test

import (
	"testing"

	"github.com/sweepd/sweepd/tracking/trackingtest"
)

func TestMemory(t *testing.T) {
	trackingtest.Run(t, func(*testing.T) trackingtest.Subject {
		m := trackingtest.NewMemory()
		return trackingtest.Subject{Store: m, Own: m.Own}
	})
}
