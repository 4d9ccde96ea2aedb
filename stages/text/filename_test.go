package text

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestFileName(t *testing.T) {
	for text, want := range map[string]string{
		"福州/物联网": "福州_物联网", "a:b?c": "a_b_c", "末尾. .": "末尾", "CON": "_CON", "nul.表": "_nul.表", "com1": "_com1", "console": "console", "a\tb\n": "a_b_", "": "", "...": "",
	} {
		if got := FileName(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if got := FileName(strings.Repeat("联", 255)); len(got) > longestName || !utf8.ValidString(got) || len(got) < longestName-3 {
		t.Errorf("%d bytes: %q", len(got), got)
	}
}
