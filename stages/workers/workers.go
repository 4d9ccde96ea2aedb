// Package workers runs functions concurrently. It is the only package that starts goroutines: a panic in a goroutine
// would end the program at once, so each is caught and raised again in the caller. It imports nothing of ours.
package workers

import (
	"cmp"
	"fmt"
	"iter"
	"runtime"
	"runtime/debug"
	"slices"
)

// Panic is a panic in a goroutine, with the stack where it happened.
type Panic struct {
	Value any
	Stack []byte
}

func (p *Panic) Error() string { return fmt.Sprint(p.Value) }

// catchPanic calls f and returns its panic; nil: there was none.
func catchPanic(f func()) (p *Panic) {
	defer func() {
		if v := recover(); v != nil {
			inner, caught := v.(*Panic)
			if !caught {
				inner = &Panic{v, debug.Stack()}
			}
			p = inner
		}
	}()
	f()
	return nil
}

// All runs the tasks concurrently and returns the first error.
func All(tasks ...func() error) error {
	return Each(len(tasks), slices.Values(tasks), func(do func() error) error { return do() })
}

// Each calls do for every item, n at a time, waits for all, and returns the first error.
func Each[T any](n int, items iter.Seq[T], do func(T) error) (err error) {
	for failed := range InOrder(n, items, do) {
		err = cmp.Or(err, failed)
	}
	return err
}

// InOrder calls do for every item, n at a time (0: one per processor), and yields the results in the order of the
// items. At most 2n items are being worked on or waiting to be yielded.
func InOrder[T, R any](n int, items iter.Seq[T], do func(T) R) iter.Seq[R] {
	type outcome struct {
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
		var queue []chan outcome // one channel an item, in order
		defer func() {
			for _, at := range queue { // a caller that stops early waits for the rest
				<-at
			}
		}()
		for item, more := next(); more || len(queue) > 0; {
			for ; more && len(queue) < 2*n; item, more = next() {
				at, item := make(chan outcome, 1), item
				queue = append(queue, at)
				go func() {
					slots <- struct{}{}
					var out outcome
					out.raise = catchPanic(func() { out.result = do(item) })
					<-slots
					at <- out
				}()
			}
			out := <-queue[0]
			if queue = queue[1:]; out.raise != nil {
				panic(out.raise)
			}
			if !yield(out.result) {
				return
			}
		}
	}
}
