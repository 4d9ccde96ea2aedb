// Package try is for work of which every step can fail and none goes on after one that did, as in writing a workbook
// cell by cell: a step that fails ends the function that is guarded by Caught, with its error. It imports nothing of
// ours.
package try

import "fmt"

// failed is how an error travels.
type failed struct{ error }

// Do ends the guarded function where there is an error.
func Do(err error) {
	if err != nil {
		panic(failed{err})
	}
}

// Named says before an error what failed; nil stays nil.
func Named(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s：%w", what, err)
}

// In is Do with what failed named before the error.
func In(what string, err error) { Do(Named(what, err)) }

// Get gives a value that can be had, and ends the guarded function where it can't.
func Get[T any](v T, err error) T {
	Do(err)
	return v
}

// Caught is deferred by a function that gives an error: it is that of the step that failed. Any other panic goes on.
func Caught(err *error) {
	switch p := recover().(type) {
	case nil:
	case failed:
		*err = p.error
	default:
		panic(p)
	}
}
