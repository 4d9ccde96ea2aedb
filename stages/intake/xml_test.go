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

// Requirement: of whatever bytes, a walk shows what encoding/xml sees in them, and refuses what it refuses.

// seenBy writes down what a walk shows, and whether it came to the end.
func seenBy(walk func(show func(*element) error) error) (string, error) {
	var b strings.Builder
	err := walk(func(e *element) error {
		fmt.Fprintf(&b, "%v %s %q %q", e.start, strings.Join(e.path, "/"), e.name, e.text)
		for _, a := range e.attrs {
			fmt.Fprintf(&b, " %q=%q", a.name, a.value)
		}
		b.WriteByte('\n')
		return nil
	})
	return b.String(), err
}

// walkDecoder is walk by way of encoding/xml.
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
			e := &element{name: t.Name.Local, start: true, path: names}
			for _, a := range t.Attr {
				e.attrs = append(e.attrs, attribute{[]byte(a.Name.Local), []byte(a.Value)})
			}
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
var oddXML = strings.Split(`<a/>|<a></a>|<a><b/></a>|<a>x<b>y</b>z</a>|<p:a xmlns:p="u" p:b='1' b="2">t</p:a>|<p:a></q:a>|<a:></a:>|<:a></:a>|<a:b:c/>|<a></b>|<a|</a>|<a></a|<a b|<a b=|<a b="|<a/><b/>|<a>|x<a/>y||x|
<a b="1"c='2'/>|<a  b = "1" / >|<a b="1" / >|<a / >|< a/>|<a b/>|<a b=c/>|<a b="<"/>|<a b=">'&quot;]]>"/>|<a b='"'/>|<1/>|<-a/>|<a1.-_/>|<a 1b=""/>|<字 词="x"/>|<a×/>|<a ×="1"/>|<a·/>|<·a/>|
<a>&lt;&gt;&amp;&apos;&quot;</a>|<a>&#65;&#x41;&#x4e2D;</a>|<a>&#0;</a>|<a>&#xD800;</a>|<a>&#x110000;</a>|<a>&#xFFFE;</a>|<a>&#;</a>|<a>&#x;</a>|<a>&#X41;</a>|<a>&;</a>|<a>&nbsp;</a>|<a>&lt</a>|<a>& lt;</a>|<a>&l;t;</a>|<a>&#+5;</a>|<a>&#6_5;</a>|<a>&#00000000000000000000065;</a>|<a>&#99999999999999999999;</a>|
<a>]]></a>|<a>]]&gt;</a>|<a>]&#93;></a>|<a><![CDATA[<x>&amp;]]]></a>|<a><![CDATA[]]></a>|<a><![CDATA[x]]</a>|<a><![CDATA[x]]>]]></a>|<![CDATA[x]]><a/>|<a><![cdata[x]]></a>|<a><![CDAT|
<!---->|<!----><a/>|<!-- x --><a/>|<!-- -- --><a/>|<!--->--><a/>|<!-- x ---><a/>|<!- x><a/>|<a><!-- <b> & --></a>|<a/><!-- x|<!DOCTYPE a><a/>|<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>|<a><!x></a>|<!|<a/><!|
<?xml version="1.0" encoding="UTF-8"?><a/>|<?xml version="1.1"?><a/>|<?xml version="1.0" encoding="GBK"?><a/>|<?xml encoding='utf-8'?><a/>|<a/><?xml version="2"?>|<?x?><a/>|<?x ??><a/>|<??><a/>|<? x?><a/>|<?1?><a/>|<?xml?|<a><?b c?>d</a>|<?a:b:c?><a/>|`, "|")

func TestWalkIsEncodingXML(t *testing.T) {
	documents := [][]byte{[]byte("\ufeff<a/>"), []byte("<a>\r\n\r\r\n\n&#13;\n</a>"), []byte("<a b='\r\n\t'>\r<![CDATA[\r\n\r]]></a>"), []byte("<a>\x00</a>"), []byte("<a>\x7f\v</a>"), []byte("<a>\xff</a>"),
		[]byte("<a>\xed\xa0\x80</a>"), []byte("<a>\uffff</a>"), []byte("<a>\ufffd</a>"), []byte("<a\xff/>"), []byte("<a \xff='1'/>"), []byte("<a b='\x01'/>"), []byte("<!--\x00\xff--><a/>"), []byte("<?x \x00\xff?><a/>"),
		[]byte(strings.Repeat("<a>", maxDepth) + strings.Repeat("</a>", maxDepth)), []byte(strings.Repeat("<a>", maxDepth+1) + strings.Repeat("</a>", maxDepth+1))}
	for _, s := range oddXML {
		documents = append(documents, []byte(strings.TrimPrefix(s, "\n")))
	}
	for _, data := range documents {
		sameWalk(t, data)
	}
	for _, p := range takeApart(t, filled()) {
		sameWalk(t, p.data)
	}
	// And with what a damage, or somebody clever, makes of them: parts of one put into another.
	random := rand.New(rand.NewPCG(1, 2))
	pick := func() []byte { return documents[random.IntN(len(documents))] }
	for range 20000 {
		data, other := pick(), pick()
		from, to := random.IntN(len(other)+1), random.IntN(len(other)+1)
		at := random.IntN(len(data) + 1)
		sameWalk(t, append(append(bytes.Clone(data[:at]), other[min(from, to):max(from, to)]...), data[min(len(data), at+random.IntN(3)):]...))
	}
}

func FuzzWalk(f *testing.F) {
	for _, s := range oddXML {
		f.Add([]byte(s))
	}
	f.Fuzz(sameWalk)
}
