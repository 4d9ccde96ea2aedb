package table

import (
	"strings"
	"testing"
)

// Requirements
//  1. Wherever it is said how much is known, it is said how many wait for marks: a list without them is not the whole.

func TestStandingNamesWhoWaits(t *testing.T) {
	s := Standing{State: AllMarked, Waiting: 2, Meeting: "0905"}
	for _, got := range []string{s.Short(), s.String()} {
		if !strings.HasPrefix(got, "评齐") || !strings.Contains(got, "另有2家待评") || !strings.Contains(got, "0905") {
			t.Error(got)
		}
	}
	if s.Waiting = 0; strings.Contains(s.Short()+s.String(), "待评") {
		t.Error("nobody waits")
	}
}
