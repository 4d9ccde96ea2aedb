package ooxml

import (
	"bytes"
	"strconv"

	"golang.org/x/text/encoding/unicode"
)

// Element is visited at its start, and at its end with its text. It is valid only during the visit.
type Element struct {
	Name      []byte // without its prefix
	Namespace Namespace
	Start     bool // shown at its start, before its content
	// Native: it and all elements around it are in the root's namespace, so it is no other program's extension.
	Native bool
	Depth  int // 1: the root

	walker     *Walker
	parent     *Element
	attrs      []attr
	text       []byte // a piece of the part, or of buf
	undecoded  bool   // text holds references or carriage returns still to be read
	buf        []byte
	tag        []byte // as written, with its prefix
	visibility visibility
	alternate  int
}

// attr is an attribute; its value may still hold references.
type attr struct {
	namespace Namespace
	name, val span
	undecoded bool
}

// span is a range of bytes in a part. It has no pointers: attributes are many, and cost the garbage collector nothing.
type span struct{ from, to int32 }

func (s span) of(data []byte) []byte { return data[s.from:s.to:s.to] }

// value returns the decoded value.
func (a *attr) value(data []byte) []byte {
	if !a.undecoded {
		return a.val.of(data)
	}
	return decode(nil, a.val.of(data))
}

// Attr returns the value of an attribute without a prefix; empty if there is none.
func (e *Element) Attr(name string) string { return string(e.AttrBytes(name)) }

// AttrBytes is Attr without a copy.
func (e *Element) AttrBytes(name string) []byte { return e.attrIn(NoNamespace, name) }

// AttrIn returns the value of an attribute in a namespace.
func (e *Element) AttrIn(space Namespace, name string) string { return string(e.attrIn(space, name)) }

func (e *Element) attrIn(space Namespace, name string) []byte {
	for i := range e.attrs {
		if a := &e.attrs[i]; a.namespace == space && string(a.name.of(e.walker.data)) == name {
			return a.value(e.walker.data)
		}
	}
	return nil
}

// Text returns the text directly in the element, complete only at its end.
func (e *Element) Text() []byte {
	if e.undecoded {
		e.buf = decode(e.buf[:0], e.text)
		e.text, e.undecoded = e.buf, false
	}
	return e.text
}

// Size is the length of the text before decoding, in bytes: no less than the length of Text.
func (e *Element) Size() int { return len(e.text) }

// Parent is the element around this one; nil for the root.
func (e *Element) Parent() *Element { return e.parent }

// Within reports whether the element or one around it has this name.
func (e *Element) Within(name string) bool {
	for ; e != nil; e = e.parent {
		if string(e.Name) == name {
			return true
		}
	}
	return false
}

// Walker walks the parts of one container and limits the number of their elements.
type Walker struct {
	elementsLeft     int // elements
	data             []byte
	pos              int
	depth            int // of elements that are open
	frames           [MaxDepth]Element
	bindings         []binding
	defaultNamespace Namespace // of elements without a prefix
	otherNamespaces  map[string]Namespace
	hasReturns       bool // the part has carriage returns
	hasSectionEnd    bool // it has the end of a CDATA section somewhere
	ignorables       []ignorable
	visit            func(*Element) error
}

// NewWalker makes a walker for one container.
func NewWalker() *Walker {
	w := &Walker{elementsLeft: MaxElements, otherNamespaces: map[string]Namespace{}}
	for i := range w.frames {
		w.frames[i].walker = w
	}
	return w
}

// Uncount takes the element that ends off the count. It is for empty elements that the caller limits otherwise.
func (w *Walker) Uncount() { w.elementsLeft++ }

func malformed(what string) error { return &Fault{Damaged, what} }

var errMalformed = malformed("XML 不完整")

// Walk parses a part strictly and visits every element twice: at its start and, with its text, at its end.
func (w *Walker) Walk(data []byte, show func(*Element) error) error {
	data, err := toUTF8(data)
	if err != nil {
		return err
	}
	if err := checkCharacters(data); err != nil {
		return err
	}
	w.data, w.pos, w.depth, w.visit = data, 0, 0, show
	w.hasReturns, w.hasSectionEnd = bytes.IndexByte(data, '\r') >= 0, bytes.Contains(data, sectionEnd)
	w.bindings, w.defaultNamespace, w.ignorables = w.bindings[:0], NoNamespace, w.ignorables[:0]
	if err := w.prolog(); err != nil {
		return err
	}
	for rooted := false; ; {
		if w.depth == 0 {
			w.pos = skipSpace(data, w.pos)
			element := w.pos+1 < len(data) && data[w.pos+1] != '!' && data[w.pos+1] != '?'
			switch {
			case w.pos == len(data) && rooted:
				return nil
			case w.pos < len(data) && data[w.pos] != '<':
				return errMalformed
			case element && rooted:
				return malformed("XML 结构异常")
			}
			rooted = rooted || element
		}
		if err := w.token(); err != nil {
			return err
		}
	}
}

func (w *Walker) token() error {
	if w.pos+1 >= len(w.data) {
		return errMalformed
	}
	switch sign := w.data[w.pos+1]; {
	case w.data[w.pos] != '<':
		return w.textRun()
	case sign == '/':
		return w.endTag()
	case sign == '!':
		return w.commentOrCDATA()
	case sign == '?':
		return w.processingInstruction()
	}
	return w.startTag()
}

func (w *Walker) startTag() error {
	from := w.pos
	if w.depth == MaxDepth {
		return malformed("XML 结构异常")
	}
	if w.elementsLeft--; w.elementsLeft < 0 {
		return &Fault{Excessive, "XML 元素超过 " + strconv.Itoa(MaxElements) + " 个"}
	}
	e := &w.frames[w.depth]
	w.depth++
	w.pos++
	tag, colon, err := w.name()
	if err != nil {
		return err
	}
	e.tag, e.attrs, e.text, e.undecoded, e.alternate = tag, e.attrs[:0], nil, false, 0
	closed, special, err := w.attributes(e)
	if err != nil {
		return err
	}
	if w.pos-from > MaxToken {
		return errToken
	}
	e.Name, e.Namespace = tag, w.defaultNamespace
	if colon > 0 {
		if e.Namespace, err = w.namespaceOf(tag[:colon]); err != nil {
			return err
		}
		e.Name = tag[colon+1:]
	}
	if err := w.visitStart(e, special || colon > 0); err != nil || !closed {
		return err
	}
	return w.visitEnd(e)
}

// visitStart determines an element's parent and visibility, and visits its start.
func (w *Walker) visitStart(e *Element, special bool) error {
	var outer *Element
	if w.depth > 1 {
		outer = &w.frames[w.depth-2]
	}
	e.visibility, e.parent = shown, outer
	if outer != nil && outer.visibility == hidden {
		e.visibility = hidden
		return nil
	}
	if special || e.Namespace >= markupCompatibility || outer != nil && outer.alternate != 0 {
		var err error
		if e.visibility, err = w.visibilityOf(e, outer); err != nil {
			return err
		}
	}
	for e.parent != nil && e.parent.visibility != shown {
		e.parent = e.parent.parent
	}
	switch {
	case e.visibility != shown:
		return nil
	case e.parent == nil && outer != nil:
		return malformed("XML 结构异常")
	case e.parent == nil:
		e.Depth, e.Native = 1, true
	default:
		e.Depth, e.Native = e.parent.Depth+1, e.parent.Native && e.Namespace == e.parent.Namespace
	}
	e.Start = true
	err := w.visit(e)
	e.Start = false
	return err
}

func (w *Walker) endTag() error {
	if w.depth == 0 {
		return errMalformed
	}
	e := &w.frames[w.depth-1]
	from := w.pos + len("</")
	if !bytes.HasPrefix(w.data[from:], e.tag) {
		return errMalformed
	}
	to := skipSpace(w.data, from+len(e.tag))
	switch {
	case to == len(w.data) || w.data[to] != '>':
		return errMalformed
	case to-from > MaxToken:
		return errToken
	}
	w.pos = to + 1
	return w.visitEnd(e)
}

// visitEnd visits an element's end and removes what it declared.
func (w *Walker) visitEnd(e *Element) error {
	if e.visibility == shown {
		if err := w.visit(e); err != nil {
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

// appendText adds text to the innermost open element that is visited.
func (w *Walker) appendText(run []byte, raw bool) {
	at := w.depth - 1
	for at > 0 && w.frames[at].visibility == contentOnly {
		at--
	}
	e := &w.frames[at]
	if e.visibility != shown {
		return
	}
	if e.text == nil {
		e.text, e.undecoded = run, raw
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

// toUTF8 returns a part in UTF-8 without byte order mark. Open XML also allows UTF-16.
func toUTF8(data []byte) ([]byte, error) {
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
		return nil, errMalformed
	}
	return bytes.TrimPrefix(out, mark), nil
}
