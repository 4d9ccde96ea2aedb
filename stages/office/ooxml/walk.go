package ooxml

import (
	"bytes"
	"strconv"

	"golang.org/x/text/encoding/unicode"
)

// Element is what a walk shows, at its start and again at its end with its own text. It is valid while it is shown.
type Element struct {
	Name  []byte // without its prefix
	Space Space
	Start bool // shown at its start, before its content
	// Native says that it and all around it are of the namespace of the root: nothing that another program put there.
	Native bool
	Depth  int // 1: the root

	in        *Walker
	parent    *Element
	attrs     []attr
	text      []byte // a piece of the part, or of buf
	raw       bool   // text holds references or carriage returns still to be read
	buf       []byte
	tag       []byte // as written, with its prefix
	sight     sight
	alternate int
}

// attr is an attribute; its value may hold references still to be read.
type attr struct {
	space     Space
	name, val span
	raw       bool
}

// span is where something stands in a part. Attributes are gathered by the hundred thousand: spans cost the collector
// nothing.
type span struct{ from, to int32 }

func (s span) of(data []byte) []byte { return data[s.from:s.to:s.to] }

// value gives the value as meant.
func (a *attr) value(data []byte) []byte {
	if !a.raw {
		return a.val.of(data)
	}
	return decode(nil, a.val.of(data))
}

// Attr gives an attribute of the element itself, one without a prefix; empty where there is none.
func (e *Element) Attr(name string) string { return string(e.AttrBytes(name)) }

// AttrBytes is Attr without a copy.
func (e *Element) AttrBytes(name string) []byte { return e.attrIn(NoSpace, name) }

// AttrIn gives an attribute of a namespace.
func (e *Element) AttrIn(space Space, name string) string { return string(e.attrIn(space, name)) }

func (e *Element) attrIn(space Space, name string) []byte {
	for i := range e.attrs {
		if a := &e.attrs[i]; a.space == space && string(a.name.of(e.in.data)) == name {
			return a.value(e.in.data)
		}
	}
	return nil
}

// Text is what stands directly in the element, at its end.
func (e *Element) Text() []byte {
	if e.raw {
		e.buf = decode(e.buf[:0], e.text)
		e.text, e.raw = e.buf, false
	}
	return e.text
}

// Size is how many bytes the text takes in the part: no fewer than it has.
func (e *Element) Size() int { return len(e.text) }

// Parent is the element around this one; nil for the root.
func (e *Element) Parent() *Element { return e.parent }

// Within says whether an element of a name is around this one, or is it.
func (e *Element) Within(name string) bool {
	for ; e != nil; e = e.parent {
		if string(e.Name) == name {
			return true
		}
	}
	return false
}

// Walker walks the parts of one container; together they may hold so many elements.
type Walker struct {
	left       int // elements
	data       []byte
	pos        int
	depth      int // of elements that are open
	frames     [MaxDepth]Element
	bindings   []binding
	plain      Space // of elements without a prefix
	foreign    map[string]Space
	returns    bool // the part has carriage returns
	closes     bool // it has the end of a CDATA section somewhere
	ignorables []ignorable
	show       func(*Element) error
}

// NewWalker makes a walker for one container.
func NewWalker() *Walker {
	w := &Walker{left: MaxElements, foreign: map[string]Space{}}
	for i := range w.frames {
		w.frames[i].in = w
	}
	return w
}

// Spare takes the element that ends out of the count: it was empty, and its reader bounds such elements otherwise.
func (w *Walker) Spare() { w.left++ }

func broken(what string) error { return &Fault{Damaged, what} }

var errBroken = broken("XML 不完整")

// Walk reads a part strictly to its end and shows every element twice: at its start and, with its text, at its end.
func (w *Walker) Walk(data []byte, show func(*Element) error) error {
	data, err := utf8Of(data)
	if err != nil {
		return err
	}
	if err := legible(data); err != nil {
		return err
	}
	w.data, w.pos, w.depth, w.show = data, 0, 0, show
	w.returns, w.closes = bytes.IndexByte(data, '\r') >= 0, bytes.Contains(data, sectionEnd)
	w.bindings, w.plain, w.ignorables = w.bindings[:0], NoSpace, w.ignorables[:0]
	if err := w.prolog(); err != nil {
		return err
	}
	for rooted := false; ; {
		if w.depth == 0 {
			element, err := w.between()
			switch {
			case err != nil:
				return err
			case w.pos == len(data) && rooted:
				return nil
			case element && rooted:
				return broken("XML 结构异常")
			}
			rooted = rooted || element
		}
		if w.pos == len(data) {
			return errBroken
		}
		if err := w.token(); err != nil {
			return err
		}
	}
}

// between passes over white space outside the root and says whether an element comes next.
func (w *Walker) between() (element bool, err error) {
	for w.pos < len(w.data) && class[w.data[w.pos]]&white != 0 {
		w.pos++
	}
	if w.pos < len(w.data) && w.data[w.pos] != '<' {
		return false, errBroken
	}
	return w.pos+1 < len(w.data) && w.data[w.pos+1] != '!' && w.data[w.pos+1] != '?', nil
}

// token reads the next token.
func (w *Walker) token() error {
	if w.data[w.pos] != '<' {
		return w.run()
	}
	if w.pos+1 == len(w.data) {
		return errBroken
	}
	switch w.data[w.pos+1] {
	case '/':
		return w.end()
	case '!':
		return w.bang()
	case '?':
		return w.instruction()
	}
	return w.begin()
}

// begin reads a start tag.
func (w *Walker) begin() error {
	from := w.pos
	if w.depth == MaxDepth {
		return broken("XML 结构异常")
	}
	if w.left--; w.left < 0 {
		return &Fault{Excessive, "XML 元素超过 " + strconv.Itoa(MaxElements) + " 个"}
	}
	e := &w.frames[w.depth]
	w.depth++
	w.pos++
	tag, colon, err := w.name()
	if err != nil {
		return err
	}
	e.tag, e.attrs, e.text, e.raw, e.alternate = tag, e.attrs[:0], nil, false, 0
	closed, special, err := w.attributes(e)
	if err != nil {
		return err
	}
	if w.pos-from > MaxToken {
		return errToken
	}
	e.Name, e.Space = tag, w.plain
	if colon > 0 {
		if e.Space, err = w.spaceOf(tag[:colon]); err != nil {
			return err
		}
		e.Name = tag[colon+1:]
	}
	if err := w.opened(e, special || colon > 0); err != nil || !closed {
		return err
	}
	return w.closed(e)
}

// opened places an element among those around it and shows its start.
func (w *Walker) opened(e *Element, special bool) error {
	var outer *Element
	if w.depth > 1 {
		outer = &w.frames[w.depth-2]
	}
	e.sight, e.parent = seen, outer
	if outer != nil && outer.sight == unseen {
		e.sight = unseen
		return nil
	}
	if special || e.Space >= mcSpace || outer != nil && outer.alternate != 0 {
		var err error
		if e.sight, err = w.compatible(e, outer); err != nil {
			return err
		}
	}
	for e.parent != nil && e.parent.sight != seen {
		e.parent = e.parent.parent
	}
	switch {
	case e.sight != seen:
		return nil
	case e.parent == nil && outer != nil:
		return broken("XML 结构异常")
	case e.parent == nil:
		e.Depth, e.Native = 1, true
	default:
		e.Depth, e.Native = e.parent.Depth+1, e.parent.Native && e.Space == e.parent.Space
	}
	e.Start = true
	err := w.show(e)
	e.Start = false
	return err
}

// end reads an end tag.
func (w *Walker) end() error {
	if w.depth == 0 {
		return errBroken
	}
	e := &w.frames[w.depth-1]
	from := w.pos + 2
	to := from + len(e.tag)
	if to >= len(w.data) || string(w.data[from:to]) != string(e.tag) {
		return errBroken
	}
	for to < len(w.data) && class[w.data[to]]&white != 0 {
		to++
	}
	if to >= len(w.data) || w.data[to] != '>' {
		return errBroken
	}
	if to-from > MaxToken {
		return errToken
	}
	w.pos = to + 1
	return w.closed(e)
}

// closed shows an element at its end and forgets what it declared.
func (w *Walker) closed(e *Element) error {
	if e.sight == seen {
		if err := w.show(e); err != nil {
			return err
		}
	}
	if n := len(w.bindings); n > 0 && w.bindings[n-1].depth == w.depth {
		w.unbind()
	}
	for n := len(w.ignorables); n > 0 && w.ignorables[n-1].depth == w.depth; n-- {
		w.ignorables = w.ignorables[:n-1]
	}
	w.depth--
	return nil
}

// say adds a run of text to the element that is open, of those that are shown.
func (w *Walker) say(run []byte, raw bool) {
	at := w.depth - 1
	for at > 0 && w.frames[at].sight == through {
		at--
	}
	e := &w.frames[at]
	if e.sight != seen {
		return
	}
	if e.text == nil {
		e.text, e.raw = run, raw
		return
	}
	if was := e.Text(); len(e.buf) == 0 || len(was) == 0 || &was[0] != &e.buf[0] {
		e.buf = append(e.buf[:0], was...)
	}
	if raw {
		e.buf = decode(e.buf, run)
	} else {
		e.buf = append(e.buf, run...)
	}
	e.text = e.buf
}

// utf8Of gives a part in UTF-8, its mark of byte order taken off. Open XML allows UTF-16 besides.
func utf8Of(data []byte) ([]byte, error) {
	mark, order := []byte("\xEF\xBB\xBF"), unicode.LittleEndian
	switch {
	case bytes.HasPrefix(data, []byte("\xFF\xFE")), bytes.HasPrefix(data, []byte("<\x00")):
	case bytes.HasPrefix(data, []byte("\xFE\xFF")), bytes.HasPrefix(data, []byte("\x00<")):
		order = unicode.BigEndian
	default:
		return bytes.TrimPrefix(data, mark), nil
	}
	wide := unicode.UTF16(order, unicode.IgnoreBOM)
	out, err := wide.NewDecoder().Bytes(data)
	// Half a character becomes a sign for one: it does not come out as it was.
	if again, _ := wide.NewEncoder().Bytes(out); err != nil || !bytes.Equal(again, data) {
		return nil, errBroken
	}
	return bytes.TrimPrefix(out, mark), nil
}
