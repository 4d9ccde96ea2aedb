package templates

import (
	"testing"
	"time"
)

// Requirements
//  1. The day by which an answer is asked for lies ahead of the run's date, on whatever day it runs; where nothing says one it is open.
//  2. Whoever has not reported is held to the deadline as long as it is ahead.
func TestReplyLiesAhead(t *testing.T) {
	d, err := Load(Years()[len(Years())-1])
	if err != nil {
		t.Fatal(err)
	}
	dir := *d.Directory
	deadline, _ := time.Parse(time.DateOnly, dir.Deadline)
	for days := -40; days <= 40; days++ {
		date := deadline.AddDate(0, 0, days).Format(time.DateOnly)
		mended, first := dir.ReplyBy(date, true), dir.ReplyBy(date, false)
		if mended <= date || first <= date || first > mended || days < 0 && (first != dir.Deadline || mended < dir.Deadline) {
			t.Errorf("%s: mended by %s, first by %s", date, mended, first)
		}
	}
	if by := dir.ReplyBy("", true); by != "" {
		t.Errorf("without a date: %s", by)
	}
	dir.Calendar.MendDays = 0
	if by := dir.ReplyBy(dir.Deadline, true); by != "" {
		t.Errorf("on the deadline, with no days set: %s", by)
	}
}
