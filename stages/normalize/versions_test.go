package normalize

import (
	"testing"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Requirement: an issued copy that was mended comes after what it was made from, also by way of a copy on which nobody worked, or of one
// with the same content; copies that have nothing to do with each other, or name each other as parents, stay side by side.

func TestWhichFileIsTheLatest(t *testing.T) {
	d, err := templates.Load(2024)
	if err != nil {
		t.Fatal(err)
	}
	file := func(sha, parent, content string, untouched bool) arrived {
		return arrived{file: model.File{Path: sha + ".xlsx", SHA256: sha, Fate: model.Accepted}, submission: "2024-01", parent: parent, content: content, untouched: untouched}
	}
	for _, c := range []struct {
		what  string
		files []arrived
		want  map[string]model.Fate
	}{
		{"a copy was mended", []arrived{file("a", "", "1", false), file("b", "a", "2", false)}, map[string]model.Fate{"a": model.Superseded, "b": model.Accepted}},
		{"a copy of an untouched copy", []arrived{file("a", "", "1", false), file("b", "a", "1", true), file("c", "b", "2", false)},
			map[string]model.Fate{"a": model.Superseded, "b": model.Superseded, "c": model.Accepted}},
		{"so, and the untouched one has other rows", []arrived{file("a", "", "1", false), file("b", "a", "1b", true), file("c", "b", "2", false)},
			map[string]model.Fate{"a": model.Superseded, "b": model.Superseded, "c": model.Accepted}},
		{"a copy of the same saved once more", []arrived{file("a", "", "1", false), file("b", "", "1", false), file("c", "b", "2", false)},
			map[string]model.Fate{"a": model.Superseded, "b": model.Superseded, "c": model.Accepted}},
		{"two of which nobody knows", []arrived{file("a", "", "1", false), file("b", "", "2", false)}, map[string]model.Fate{"a": model.Accepted, "b": model.Rejected}},
		{"two copies of one", []arrived{file("a", "", "1", false), file("b", "a", "2", false), file("c", "a", "3", false)},
			map[string]model.Fate{"a": model.Superseded, "b": model.Accepted, "c": model.Rejected}},
		{"each the other's parent", []arrived{file("a", "b", "1", false), file("b", "a", "2", false)}, map[string]model.Fate{"a": model.Accepted, "b": model.Rejected}},
	} {
		b := NewBatch(memory.NewGoAllocator(), d)
		b.files = c.files
		b.submissions = make([]table.Submission, len(c.files))
		b.settle()
		for _, f := range b.files {
			if f.file.Fate != c.want[f.file.SHA256] {
				t.Errorf("%s: %s is %s, want %s", c.what, f.file.SHA256, f.file.Fate, c.want[f.file.SHA256])
			}
		}
	}
}
