// Package workers runs work beside other work. It is the only place that starts goroutines: a panic in one would end
// the program with the language's own status and words, so each is caught and raised again where the work is waited
// for. It imports nothing of ours.
package workers

import (
	"fmt"
	"iter"
	"runtime"
	"runtime/debug"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

// Panic is what was raised in a goroutine, with where.
type Panic struct {
	Value any
	Stack []byte
}

func (p *Panic) Error() string { return fmt.Sprint(p.Value) }

// caught calls f and gives its panic; nil where there was none.
func caught(f func()) (p *Panic) {
	defer func() {
		if v := recover(); v != nil {
			inner, again := v.(*Panic)
			if !again {
				inner = &Panic{v, debug.Stack()}
			}
			p = inner
		}
	}()
	f()
	return nil
}

// Group is work that is done when all of it is. The zero value has no limit.
type Group struct {
	group errgroup.Group
	raise atomic.Pointer[Panic]
}

// Limit bounds how many run at a time; 0: as many as there are processors.
func (g *Group) Limit(n int) { g.group.SetLimit(limit(n)) }

func limit(n int) int {
	if n <= 0 {
		return runtime.NumCPU()
	}
	return n
}

// Go runs f beside the caller, once there is room.
func (g *Group) Go(f func() error) {
	g.group.Go(func() (err error) {
		if p := caught(func() { err = f() }); p != nil {
			g.raise.CompareAndSwap(nil, p)
		}
		return err
	})
}

// Wait waits for all, raises the first panic again, and gives the first error.
func (g *Group) Wait() error {
	err := g.group.Wait()
	if p := g.raise.Load(); p != nil {
		panic(p)
	}
	return err
}

// All does several things side by side and gives the first error.
func All(things ...func() error) error {
	var g Group
	for _, do := range things {
		g.Go(do)
	}
	return g.Wait()
}

// InOrder does the same to every item, several at a time, and yields the results in the order of the items, whoever is
// done first. No more than n (0: as many as there are processors) are worked on at a time, and as many results wait.
func InOrder[T, R any](n int, items iter.Seq[T], do func(T) R) iter.Seq[R] {
	type place struct {
		result R
		raise  *Panic
	}
	return func(yield func(R) bool) {
		n = limit(n)
		next, stop := iter.Pull(items)
		defer stop()
		slots := make(chan struct{}, n)
		var line []chan place // each item gets a place in line before it is worked on
		for item, more := next(); more || len(line) > 0; {
			for ; more && len(line) < 2*n; item, more = next() {
				at, item := make(chan place, 1), item
				line = append(line, at)
				go func() {
					slots <- struct{}{}
					var out place
					out.raise = caught(func() { out.result = do(item) })
					<-slots
					at <- out
				}()
			}
			out := <-line[0]
			if line = line[1:]; out.raise != nil {
				panic(out.raise)
			}
			if !yield(out.result) {
				return
			}
		}
	}
}
