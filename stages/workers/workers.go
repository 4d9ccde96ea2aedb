// Package workers runs work beside other work. It is the only place that starts goroutines: a panic in one would end
// the program with the language's own status and words, so each is caught and raised again where the work is waited
// for. It imports nothing of ours.
package workers

import (
	"cmp"
	"fmt"
	"iter"
	"runtime"
	"runtime/debug"
	"slices"
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

// All does several things side by side and gives the first error.
func All(things ...func() error) error {
	return Each(len(things), slices.Values(things), func(do func() error) error { return do() })
}

// Each is InOrder of work that gives nothing but an error, the first of which it gives once all is done.
func Each[T any](n int, items iter.Seq[T], do func(T) error) (err error) {
	for failed := range InOrder(n, items, do) {
		err = cmp.Or(err, failed)
	}
	return err
}

// InOrder does the same to every item, several at a time, and yields the results in the order of the items, whoever is
// done first. No more than n (0: as many as there are processors) are worked on at a time, and as many results wait.
func InOrder[T, R any](n int, items iter.Seq[T], do func(T) R) iter.Seq[R] {
	type place struct {
		result R
		raise  *Panic
	}
	return func(yield func(R) bool) {
		if n <= 0 {
			n = runtime.NumCPU()
		}
		next, stop := iter.Pull(items)
		defer stop()
		slots := make(chan struct{}, n)
		var line []chan place // each item gets a place in line before it is worked on
		defer func() {
			for _, at := range line { // who stops early leaves nobody behind
				<-at
			}
		}()
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
