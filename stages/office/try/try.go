// Package try is for work of which every step can fail and none goes on after one that did, as in writing a workbook
// cell by cell or in taking a batch from stage to stage: a step that fails ends the function that is guarded by Caught,
// with its error. What is done at once beside others guards itself. It imports nothing of ours.
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

// Get gives a value that can be had, and ends the guarded function where it can't.
func Get[T any](v T, err error) T {
	Do(err)
	return v
}

// Told is Do where the error begins with what was being done: 评分表 E1：….
func Told(err error, doing string, about ...any) {
	if err != nil {
		Do(fmt.Errorf(doing+"：%w", append(about, err)...))
	}
}

// Of is Get where the error is told so: try.Of(check.Run(facts, known))("检查").
func Of[T any](v T, err error) func(doing string, about ...any) T {
	return func(doing string, about ...any) T {
		Told(err, doing, about...)
		return v
	}
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
