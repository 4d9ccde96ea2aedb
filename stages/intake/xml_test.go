package intake

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

// Requirement: a walk shows what a decoder shows that itself sees to it that tags match, and refuses what that refuses.

// seenBy writes down what a walk shows, and whether it came to the end.
func seenBy(walk func(show func(*element) error) error) (string, error) {
	var b strings.Builder
	err := walk(func(e *element) error {
		fmt.Fprintf(&b, "%v %s %q %q", e.start, strings.Join(e.path, "/"), e.name, e.text)
		for _, a := range e.attrs {
			fmt.Fprintf(&b, " %q=%q", a.Name.Local, a.Value)
		}
		b.WriteByte('\n')
		return nil
	})
	return b.String(), err
}

// walkDecoder is walk by way of such a decoder.
func walkDecoder(data []byte, show func(*element) error) error {
	d := xml.NewDecoder(bytes.NewReader(data))
	var open []*element
	var names []string
	root := false
	for {
		token, err := d.Token()
		switch {
		case err == io.EOF && root && len(open) == 0:
			return nil
		case err != nil:
			return err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if root && len(open) == 0 || len(open) >= maxDepth {
				return errXML{"structure"}
			}
			root = true
			names = append(names, t.Name.Local)
			e := &element{name: t.Name.Local, attrs: t.Attr, start: true, path: names}
			open = append(open, e)
			_ = show(e)
			e.start = false
		case xml.EndElement:
			_ = show(open[len(open)-1])
			open, names = open[:len(open)-1], names[:len(names)-1]
		case xml.CharData:
			if len(open) > 0 {
				open[len(open)-1].text = append(open[len(open)-1].text, t...)
			}
		case xml.Directive:
			return errXML{"DOCTYPE"}
		}
	}
}

// sameWalk fails where the two see something else.
func sameWalk(t *testing.T, data []byte) {
	t.Helper()
	want, wantErr := seenBy(func(show func(*element) error) error { return walkDecoder(data, show) })
	got, err := seenBy(func(show func(*element) error) error { return newBudget().walk(data, show) })
	if (err == nil) != (wantErr == nil) || got != want {
		t.Errorf("%q\n got %v\n%s\nwant %v\n%s", data, err, got, wantErr, want)
	}
}

// oddXML is what a walk must tell apart, one thing a document.
var oddXML = strings.Split(`<a/>|<a></a>|<a><b/></a>|<a>x<b>y</b>z</a>|<p:a xmlns:p="u" p:b='1' b="2">t</p:a>|<p:a></q:a>|<a></p:a>|<a:></a:>|<:a></:a>|<a:b:c/>|<a></b>|<a><b></a></b>|<a|</a>|<a></a|<a b="|<a/><b/>|<a>|
x<a/>y|x|<a/></a>|<a><![CDATA[<x>&amp;]]]></a>|<!-- x --><a/>|<a/><!-- x|<?xml version="1.0" encoding="UTF-8"?><a/>|<?xml version="1.0" encoding="GBK"?><a/>|<!DOCTYPE a><a/>|<a>&nbsp;</a>|<字 词="x"/>|`, "|")

func TestWalkIsStrict(t *testing.T) {
	var documents [][]byte
	for _, s := range oddXML {
		documents = append(documents, []byte(strings.TrimPrefix(s, "\n")))
	}
	documents = append(documents, []byte(strings.Repeat("<a>", maxDepth)+strings.Repeat("</a>", maxDepth)), []byte(strings.Repeat("<a>", maxDepth+1)+strings.Repeat("</a>", maxDepth+1)))
	for _, data := range documents {
		sameWalk(t, data)
	}
	for _, p := range takeApart(t, filled()) {
		sameWalk(t, p.data)
	}
	// And with what a damage, or somebody clever, makes of them: parts of one put into another.
	random := rand.New(rand.NewPCG(1, 2))
	pick := func() []byte { return documents[random.IntN(len(documents))] }
	for range 5000 {
		data, other := pick(), pick()
		from, to := random.IntN(len(other)+1), random.IntN(len(other)+1)
		at := random.IntN(len(data) + 1)
		sameWalk(t, append(append(bytes.Clone(data[:at]), other[min(from, to):max(from, to)]...), data[min(len(data), at+random.IntN(3)):]...))
	}
}
