package intake

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
)

// element is what a walk shows: an element at its start, and again at its end with its own text. It is valid while it is shown.
type element struct {
	name  string
	attrs []xml.Attr
	text  []byte
	start bool // shown at its start, before its content
	path  []string
	tag   xml.Name // as written, with its prefix
}

func (e *element) attr(name string) string {
	for _, a := range e.attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// errXML is a reason that a part can't be believed.
type errXML struct{ what string }

func (e errXML) Error() string { return e.what }

var (
	errBroken = errXML{"XML 不完整"}
	errToken  = errMany{"XML 的一个标记超过 1 MB"}
)

// budget is how much XML may still be read of one workbook.
type budget struct{ elements int }

func newBudget() *budget { return &budget{maxElements} }

// metered gives a part byte by byte, and fails where one token of it is longer than any that a spreadsheet writes: the
// decoder holds a tag whole, with all its attributes, before it shows anything of it.
type metered struct {
	bytes.Reader
	left int
}

func (m *metered) ReadByte() (byte, error) {
	if m.left--; m.left < 0 {
		return 0, errToken
	}
	return m.Reader.ReadByte()
}

// walk reads a part strictly to its end and shows every element twice: at its start and, with its text, at its end. It
// knows no DOCTYPE and no entities but XML's own. Raw tokens spare the decoder its namespaces, which nobody here asks for; that
// tags match is seen to here.
func (b *budget) walk(data []byte, show func(*element) error) error {
	source := &metered{Reader: *bytes.NewReader(data)}
	d := xml.NewDecoder(source)
	var elements []*element // by depth; used again and again
	var names []string      // of the elements that are open
	root := false
	for {
		source.left = maxToken
		token, err := d.RawToken()
		depth := len(names)
		switch {
		case errors.Is(err, errToken):
			return errToken
		case err == io.EOF && root && depth == 0:
			return nil
		case err != nil:
			return errBroken
		}
		switch t := token.(type) {
		case xml.StartElement:
			if root && depth == 0 || depth >= maxDepth {
				return errXML{"XML 结构异常"}
			}
			if b.elements--; b.elements < 0 {
				return errMany{"XML 元素超过 " + strconv.Itoa(maxElements) + " 个"}
			}
			root = true
			names = append(names, t.Name.Local)
			if depth == len(elements) {
				elements = append(elements, &element{})
			}
			e := elements[depth]
			*e = element{name: t.Name.Local, attrs: t.Attr, text: e.text[:0], start: true, path: names, tag: t.Name}
			if err := show(e); err != nil {
				return err
			}
			e.start = false
		case xml.EndElement:
			if depth == 0 || elements[depth-1].tag != t.Name {
				return errBroken
			}
			if err := show(elements[depth-1]); err != nil {
				return err
			}
			names = names[:depth-1]
		case xml.CharData:
			if depth > 0 {
				elements[depth-1].text = append(elements[depth-1].text, t...)
			}
		case xml.Directive:
			return errXML{"含 DOCTYPE"}
		}
	}
}
