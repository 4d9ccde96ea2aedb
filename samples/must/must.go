// Package must ends a test where a step of it that has to go well does not.
package must

import "testing"

// Get is what a step gives: must.Get(os.ReadFile(path))(t).
func Get[T any](made T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		Do(t, err)
		return made
	}
}

// Do is for a step that gives nothing.
func Do(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
