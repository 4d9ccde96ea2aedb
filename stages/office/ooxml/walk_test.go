package ooxml

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf16"
)

// Requirements
//  1. What a walk takes, encoding/xml takes, and both see the same elements, namespaces, attributes and texts.
//  2. What a walk refuses though encoding/xml takes it is a known kind, told by its words.
//  3. A namespace decides what an element or an attribute is, whatever its prefix.
//  4. Markup compatibility is resolved before anybody sees an element.

// seenBy writes down what a walk shows, or why it ended.
func seenBy(data []byte) (string, error) {
	var b strings.Builder
	w := NewWalker()
	err := w.Walk(data, func(e *Element) error {
		var path []string
		for p := e; p != nil; p = p.Parent() {
			path = append(path, string(p.Name))
		}
		fmt.Fprintf(&b, "%v %q", e.Start, path)
		if !e.Start {
			fmt.Fprintf(&b, " %q", e.Text())
		}
		for i := range e.attrs {
			fmt.Fprintf(&b, " %q=%q", e.attrs[i].name.of(w.data), e.attrs[i].value(w.data))
		}
		b.WriteByte('\n')
		return nil
	})
	return b.String(), err
}

// decoded is the same by way of encoding/xml. It is no strict parser: it lets duplicate attributes and undeclared prefixes pass.
func decoded(data []byte) (string, error) {
	var b strings.Builder
	type open struct {
		attrs string
		text  []byte
	}
	var path []string
	var stack []*open
	d := xml.NewDecoder(bytes.NewReader(data))
	for {
		token, err := d.Token()
		switch t := token.(type) {
		case xml.StartElement:
			path = append([]string{t.Name.Local}, path...)
			o := &open{}
			for _, a := range t.Attr {
				if a.Name.Space != "xmlns" && a.Name.Local != "xmlns" {
					o.attrs += fmt.Sprintf(" %q=%q", a.Name.Local, a.Value)
				}
			}
			stack = append(stack, o)
			fmt.Fprintf(&b, "true %q%s\n", path, o.attrs)
		case xml.EndElement:
			o := stack[len(stack)-1]
			fmt.Fprintf(&b, "false %q %q%s\n", path, o.text, o.attrs)
			path, stack = path[1:], stack[:len(stack)-1]
		case xml.CharData:
			if len(stack) > 0 {
				o := stack[len(stack)-1]
				o.text = append(o.text, t...)
			}
		}
		if err == io.EOF {
			return b.String(), nil
		}
		if err != nil {
			return b.String(), err
		}
	}
}

// stricter are documents that encoding/xml takes and XML does not, or that office programs never write.
var stricter = []string{
	``, ` `, `<!-- x -->`, `x<a/>`, `<a/>y`, `<a/><b/>`, `<a b="1" b="2"/>`, `<a b="1"c="2"/>`, `<p:a/>`, `<a p:b="1"/>`, `<a:/>`, `<:a/>`, `<a:b:c/>`,
	`<a xmlns:p="u" xmlns:q="u" p:b="1" q:b="2"/>`, `<a xmlns:p=""/>`, `<a xmlns:xml="u"/>`, `<a xmlns:p="http://www.w3.org/XML/1998/namespace"/>`,
	`<a xmlns="u" xmlns="v"/>`, `<a><?xml version="1.0"?></a>`, ` <?xml version="1.0"?><a/>`, `<?xml version="1.1"?><a/>`, `<?xml version="1.0" encoding="GBK"?><a/>`,
	`<!DOCTYPE a><a/>`, `<a>&#xD800;</a>`, `<a><!ELEMENT a></a>`, `<![CDATA[x]]><a/>`, `<a>&#xFFFE;</a>`, `<a>&#x;</a>`, `<a>&#+65;</a>`,
}

func TestStricterThanXML(t *testing.T) {
	for _, s := range append(stricter, strings.Repeat("<a>", MaxDepth+1)+strings.Repeat("</a>", MaxDepth+1)) {
		if got, err := seenBy([]byte(s)); err == nil {
			t.Errorf("%q is taken:\n%s", s, got)
		} else if _, ok := err.(*Fault); !ok {
			t.Errorf("%q: %v is no fault", s, err)
		}
	}
}

// alike are documents that both must take and see alike.
var alike = []string{
	`<a/>`, `<a></a>`, `<a ></a >`, `<a><b/></a>`, `<a>x<b>y</b>z</a>`, `<a> <b> </b> </a>`, `<p:a xmlns:p="u" p:b='1' b="2">t</p:a>`, `<a b = "1" />`,
	`<a xmlns="u"><b xmlns=""><c/></b><d/></a>`, `<a xmlns:p="u"><b xmlns:p="v" p:c="1"/><p:d/></a>`, `<a><![CDATA[<x>&amp;]]>]]&gt;</a>`, "<a b='\"'>\r\n\r\t&#13;&#xA;</a>",
	`<a>&lt;&gt;&amp;&apos;&quot;&#65;&#x4e2d;&#x1F600;</a>`, `<a b="&lt;&#10;]]&gt;]]>'"/>`, `<!-- x --><?p q?><a/><!-- y --> <?z?>`, "\ufeff<a/>", `<?xml version="1.0" encoding="utf-8" standalone='yes'?><a/>`,
	`<字 词="值">𠮷</字>`, `<a.b-c_1/>`, strings.Repeat("<a>", MaxDepth) + strings.Repeat("</a>", MaxDepth), `<a xml:space="preserve"> x </a>`, "<a>x<!-- - -->y<?p?>z<b/>&amp;w</a>",
}

// sameAs fails where a walk takes what encoding/xml does not, or sees something else.
func sameAs(t *testing.T, data []byte) (taken bool) {
	t.Helper()
	got, err := seenBy(data)
	want, wantErr := decoded(data)
	want = strings.ReplaceAll(want, "\ufeff", "")
	switch {
	case err == nil && wantErr != nil:
		t.Errorf("%q is taken, encoding/xml says %v", data, wantErr)
	case err == nil && got != strings.ReplaceAll(want, "\ufeff", ""):
		t.Errorf("%q\n got %s\nwant %s", data, got, want)
	}
	return err == nil
}

func TestWalkSeesWhatXMLSees(t *testing.T) {
	for _, s := range alike {
		if !sameAs(t, []byte(s)) {
			_, err := seenBy([]byte(s))
			t.Errorf("%q is refused: %v", s, err)
		}
	}
	// And with what a damage, or somebody clever, makes of them: parts of one put into another.
	random, taken := rand.New(rand.NewPCG(1, 2)), 0
	all := append(append([]string{}, alike...), stricter...)
	pick := func() string { return all[random.IntN(len(all))] }
	for range 10000 {
		data, other := pick(), pick()
		from, to := random.IntN(len(other)+1), random.IntN(len(other)+1)
		at := random.IntN(len(data) + 1)
		if sameAs(t, []byte(data[:at]+other[min(from, to):max(from, to)]+data[min(len(data), at+random.IntN(3)):])) {
			taken++
		}
	}
	if taken < 500 {
		t.Errorf("only %d documents are taken", taken)
	}
}

func FuzzWalk(f *testing.F) {
	for _, s := range append(append([]string{}, alike...), stricter...) {
		f.Add([]byte(s))
	}
	for _, s := range compatibility {
		f.Add([]byte(s.xml))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if bytes.Contains(data, []byte("markup-compatibility")) || bytes.IndexByte(data, 0) >= 0 || bytes.HasPrefix(data, []byte("\xFE\xFF")) || bytes.HasPrefix(data, []byte("\xFF\xFE")) {
			_, _ = seenBy(data) // encoding/xml knows neither this nor UTF-16
			return
		}
		sameAs(t, data)
	})
}

// compatibility are documents with markup compatibility, and what is seen of them: names, and texts at their ends.
var compatibility = []struct{ xml, want string }{
	{`<mc:AlternateContent><mc:Choice Requires="x"><b>1</b></mc:Choice><mc:Fallback><b>2</b></mc:Fallback></mc:AlternateContent>`, "a b b:1 a:"},
	{`<mc:AlternateContent><mc:Choice Requires="z"><b>1</b></mc:Choice><mc:Fallback><b>2</b></mc:Fallback></mc:AlternateContent>`, "a b b:2 a:"},
	{`<mc:AlternateContent><mc:Choice Requires="x z"><b>1</b></mc:Choice><mc:Choice Requires="x"><b>2</b></mc:Choice><mc:Choice Requires="x"><b>3</b></mc:Choice></mc:AlternateContent>`, "a b b:2 a:"},
	{`<b>0<mc:AlternateContent><mc:Choice Requires="z">1</mc:Choice><mc:Fallback>2</mc:Fallback></mc:AlternateContent>3</b>`, "a b b:023 a:"},
	{`<mc:AlternateContent><mc:Fallback><mc:AlternateContent><mc:Choice Requires="x"><b/></mc:Choice></mc:AlternateContent></mc:Fallback></mc:AlternateContent>`, "a b b: a:"},
	{`<z:b mc:Ignorable="z"><c>1</c></z:b><z:b/>`, "a z:b z:b: a:"},
	{`<b mc:Ignorable="z"><z:c><d/></z:c><z:e/></b>`, "a b b: a:"},
	{`<b mc:Ignorable="z" mc:ProcessContent="z:c"><z:c><d/></z:c><z:e><d/></z:e></b>`, "a b d d: b: a:"},
	{`<b mc:MustUnderstand="x"/>`, "a b b: a:"},
	{`<b mc:MustUnderstand="z"/>`, ""},
	{`<b mc:Ignorable="q"/>`, ""},
	{`<mc:Choice Requires="x"/>`, ""},
	{`<mc:AlternateContent><mc:Choice><b/></mc:Choice></mc:AlternateContent>`, ""},
	{`<mc:AlternateContent><mc:Fallback/><mc:Choice Requires="x"/></mc:AlternateContent>`, ""},
	{`<mc:AlternateContent><b/></mc:AlternateContent>`, ""},
}

func TestCompatibility(t *testing.T) {
	for _, c := range compatibility {
		var b []string
		err := NewWalker().Walk([]byte(`<a xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"
			xmlns:x="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main" xmlns:z="urn:z">`+c.xml+`</a>`), func(e *Element) error {
			name := string(e.Name)
			if e.Namespace >= firstFree {
				name = "z:" + name
			}
			if !e.Start {
				name += ":" + strings.TrimSpace(string(e.Text()))
			}
			b = append(b, name)
			return nil
		})
		if got := strings.Join(b, " "); (c.want == "") != (err != nil) || c.want != "" && got != c.want {
			t.Errorf("%s\n got %s, %v\nwant %s", c.xml, got, err, c.want)
		}
	}
}

func TestNamespacesDecide(t *testing.T) {
	const main, strict = "http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://purl.oclc.org/ooxml/spreadsheetml/main"
	for _, c := range []struct{ xml, want string }{
		{`<s:c xmlns:s="` + main + `" xmlns:z="urn:z" z:r="Z9" r="A1"><s:v>1</s:v></s:c>`, "c=A1 v"},
		{`<c xmlns="` + strict + `" r="A1"><v xmlns="` + main + `">1</v></c>`, "c=A1 v"},
		{`<c xmlns="` + main + `"><z:v xmlns:z="urn:z"><v>1</v></z:v></c>`, "c"},
		{`<s:c xmlns:s="` + main + `"><v>1</v></s:c>`, "c"},
		{`<c><v>1</v></c>`, "c v"}, // no namespace at all: everything is the root's
	} {
		var b []string
		if err := NewWalker().Walk([]byte(c.xml), func(e *Element) error {
			if e.Start && e.Native {
				b = append(b, strings.TrimSuffix(string(e.Name)+"="+e.Attr("r"), "="))
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
		if got := strings.Join(b, " "); got != c.want {
			t.Errorf("%s: got %s, want %s", c.xml, got, c.want)
		}
	}
}

func TestUTF16(t *testing.T) {
	text := `<?xml version="1.0" encoding="UTF-16"?><a b="中">𠮷</a>`
	for _, big := range []bool{false, true} {
		for _, mark := range []string{"", "\ufeff"} {
			var data []byte
			for _, u := range utf16Of(mark + text) {
				if big {
					data = append(data, byte(u>>8), byte(u))
				} else {
					data = append(data, byte(u), byte(u>>8))
				}
			}
			if got, err := seenBy(data); err != nil || !strings.Contains(got, "中") || !strings.Contains(got, "𠮷") {
				t.Errorf("%v %q: %v %s", big, mark, err, got)
			}
			if _, err := seenBy(data[:len(data)-1]); err == nil {
				t.Error("half a character is taken")
			}
		}
	}
}

// What costs a hostile file little must cost a reader little.
func TestWalkIsBounded(t *testing.T) {
	many := func(n int, f func(i int) string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(f(i))
		}
		return b.String()
	}
	for what, s := range map[string]string{
		"elements":     "<a>" + strings.Repeat("<b/>", MaxElements) + "</a>",
		"text":         "<a>" + strings.Repeat("x", MaxToken+1) + "</a>",
		"tag":          `<a b="` + strings.Repeat("x", MaxToken) + `"/>`,
		"comment":      "<!--" + strings.Repeat("x", MaxToken+1) + "--><a/>",
		"attributes":   "<a" + many(200000, func(i int) string { return fmt.Sprintf(" a%d=''", i) }) + "/>",
		"twice":        "<a" + many(80000, func(i int) string { return fmt.Sprintf(" a%d=''", i%79999) }) + "/>",
		"declarations": "<a" + many(50000, func(i int) string { return fmt.Sprintf(" xmlns:a%d='u'", i) }) + "/>",
	} {
		if err := NewWalker().Walk([]byte(s), func(*Element) error { return nil }); err == nil {
			t.Errorf("%s: taken", what)
		}
	}
}

func utf16Of(s string) []uint16 { return utf16.Encode([]rune(s)) }
