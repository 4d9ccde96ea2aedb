package workers

import (
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"
)

// Requirements
//  1. A panic in any goroutine is raised again on whoever waits, with its value and where it happened; one raised through two waits
//     keeps both.
//  2. Results come in the order of the items; no more than so many are worked on at a time; who stops early leaves nobody behind.
func TestPanicIsRaisedOnTheCaller(t *testing.T) {
	item := func(raise int) func() {
		return func() {
			for range InOrder(2, slices.Values([]int{1, 2, 3}), func(i int) int {
				if i == raise {
					panic("二")
				}
				return i
			}) {
			}
		}
	}
	for name, f := range map[string]func(){
		"all":    func() { _ = All(func() error { panic("二") }, func() error { return errors.New("错") }) },
		"item":   item(2),
		"nested": func() { _ = All(func() error { item(1)(); return nil }) },
		"items": func() {
			for range InOrder(2, func(func(int) bool) { panic("二") }, func(i int) int { return i }) {
			}
		},
	} {
		p := catchPanic(f)
		if p == nil || p.Value != "二" || len(p.Stack) == 0 {
			t.Errorf("%s: %v", name, p)
		}
	}
	sound, failing := func() error { return nil }, func() error { return errors.New("错") }
	if All(sound, failing, sound) == nil || All(sound) != nil || All() != nil {
		t.Error("an error is lost")
	}
}

func TestInOrder(t *testing.T) {
	var working, most atomic.Int32
	var items, got []int
	for i := range 200 {
		items = append(items, i)
	}
	for r := range InOrder(3, slices.Values(items), func(i int) int {
		if n := working.Add(1); n > most.Load() {
			most.Store(n)
		}
		time.Sleep(time.Duration(i%3) * 100 * time.Microsecond)
		working.Add(-1)
		return i
	}) {
		got = append(got, r)
	}
	if !slices.Equal(got, items) || most.Load() > 3 {
		t.Errorf("%d at a time, in the order %v", most.Load(), got)
	}
	var begun, done atomic.Int32
	for range InOrder(2, slices.Values(items), func(int) bool {
		begun.Add(1)
		time.Sleep(time.Millisecond)
		done.Add(1)
		return true
	}) {
		break
	}
	if begun.Load() != done.Load() || begun.Load() > 4 {
		t.Errorf("stopped early, %d of %d are done", done.Load(), begun.Load())
	}
}
