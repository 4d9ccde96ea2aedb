package pdf

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Requirements
//  1. Words are found whether they stand as bytes, in escapes, or as codes of a character map; deflated or not.
//  2. Nothing in a file makes the reader panic, nor read more than its bounds.

func deflated(s string) string {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	w.Write([]byte(s))
	w.Close()
	return b.String()
}

func file(streams ...string) []byte {
	out := "%PDF-1.7\n"
	for i, s := range streams {
		out += fmt.Sprintf("%d 0 obj\n<< /Length %d >>\nstream\r\n%s\nendstream\nendobj\n", i, len(s), s)
	}
	return []byte(out)
}

func has(data []byte, words string) bool {
	return slices.ContainsFunc(slices.Collect(Texts(data)), func(s string) bool { return strings.Contains(s, words) })
}

const cmap = "1 begincodespacerange <0000> <FFFF> endcodespacerange 2 beginbfrange <0010> <0012> <0056> <0020> <0021> [<6821> <9A8C>] endbfrange 1 beginbfchar <0030> <002D> endbfchar"

func TestWordsAreFound(t *testing.T) {
	for _, x := range []struct {
		data  []byte
		words string
	}{
		{file("BT (V2-A) Tj [(B)12(C\\051\\)\\(D)] TJ ET"), "V2-ABC))(D"},
		{file(deflated("BT (V2-ABCD) Tj ET")), "V2-ABCD"},
		{file(deflated("BT <0010 0030> Tj <00200021> Tj ET"), deflated(cmap)), "V-校验"},
		{file("BT ((nested) x) Tj ET"), "(nested) x"},
	} {
		if !has(x.data, x.words) {
			t.Errorf("%q is not found: %q", x.words, slices.Collect(Texts(x.data)))
		}
	}
	if Is([]byte("PK\x03\x04")) || !Is([]byte("%PDF-1.4")) || has(file(deflated("q 1 0 0 1 Do Q")), "V2") {
		t.Error("a picture has words, or the file is taken for another")
	}
}

func FuzzTexts(f *testing.F) {
	f.Add(file(deflated("BT <0010> Tj ET"), cmap))
	f.Add([]byte("%PDF-1.4 stream\n(((\\endstream stream beginbfrange <> <FFFFFFFFFF> [ endbf endstream"))
	f.Fuzz(func(t *testing.T, data []byte) {
		n := 0
		for s := range Texts(data) {
			n += len(s)
		}
		if n > 8*maxDecoded {
			t.Errorf("%d bytes of text", n)
		}
	})
}

func TestABombIsBounded(t *testing.T) {
	bomb := deflated(strings.Repeat("(aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa) Tj ", 2<<20))
	n := 0
	for s := range Texts(file(bomb)) {
		n += len(s)
	}
	if n > maxInflated {
		t.Errorf("%d bytes were read", n)
	}
}
