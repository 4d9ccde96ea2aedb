// Package must fails a test at once where a step of its set-up fails.
package must

import "testing"

// Get returns the result of a step: must.Get(os.ReadFile(path))(t).
func Get[T any](made T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		Do(t, err)
		return made
	}
}

// Do fails the test if err is not nil.
func Do(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
