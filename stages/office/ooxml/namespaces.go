package ooxml

import "strings"

// Space is a namespace. Strict and transitional Open XML name the same things and are one here.
type Space int

// Namespaces that readers ask for. Others have numbers from the first free one.
const (
	NoSpace   Space = iota
	Sheets          // SpreadsheetML
	Words           // WordprocessingML
	Related         // r:id and its kin
	Links           // of relationships parts
	Types           // of [Content_Types].xml
	mcSpace         // markup compatibility
	xmlSpace        // xml:space
	xmlnsName       // declarations themselves
	firstFree
)

const xmlURI, xmlnsURI = "http://www.w3.org/XML/1998/namespace", "http://www.w3.org/2000/xmlns/"

var known = map[string]Space{
	"http://schemas.openxmlformats.org/spreadsheetml/2006/main":           Sheets,
	"http://purl.oclc.org/ooxml/spreadsheetml/main":                       Sheets,
	"http://schemas.openxmlformats.org/wordprocessingml/2006/main":        Words,
	"http://purl.oclc.org/ooxml/wordprocessingml/main":                    Words,
	"http://schemas.openxmlformats.org/officeDocument/2006/relationships": Related,
	"http://purl.oclc.org/ooxml/officeDocument/relationships":             Related,
	"http://schemas.openxmlformats.org/package/2006/relationships":        Links,
	"http://schemas.openxmlformats.org/package/2006/content-types":        Types,
	"http://schemas.openxmlformats.org/markup-compatibility/2006":         mcSpace,
	xmlURI:   xmlSpace,
	xmlnsURI: xmlnsName,
}

// understood says whether Excel and Word know a namespace: what the filler sees is what counts.
func understood(uri string) bool {
	return known[uri] != NoSpace || strings.HasPrefix(uri, "http://schemas.microsoft.com/office/") ||
		strings.HasPrefix(uri, "http://schemas.openxmlformats.org/")
}

// binding is a prefix in use.
type binding struct {
	prefix string // empty: elements without one
	uri    string
	space  Space
	depth  int
}

// maxBindings bounds the prefixes in use at once, which are looked through one by one. Word declares some 40.
const maxBindings = 200

// bind takes a declaration of the element that is being read.
func (w *Walker) bind(prefix, uri string) error {
	space := NoSpace
	if uri != "" {
		var ok bool
		if space, ok = known[uri]; !ok {
			if space, ok = w.foreign[uri]; !ok {
				space = firstFree + Space(len(w.foreign))
				w.foreign[uri] = space
			}
		}
	}
	reserved := prefix == "xmlns" || (prefix == "xml") != (space == xmlSpace) || space == xmlnsName
	if reserved || prefix != "" && uri == "" {
		return broken("命名空间声明有误")
	}
	for i := len(w.bindings) - 1; i >= 0 && w.bindings[i].depth == w.depth; i-- {
		if w.bindings[i].prefix == prefix {
			return broken("属性重复")
		}
	}
	if len(w.bindings) == maxBindings {
		return broken("命名空间过多")
	}
	w.bindings = append(w.bindings, binding{prefix, uri, space, w.depth})
	if prefix == "" {
		w.plain = space
	}
	return nil
}

// unbind forgets the declarations of the element that ends.
func (w *Walker) unbind() {
	n := len(w.bindings)
	for n > 0 && w.bindings[n-1].depth >= w.depth {
		n--
	}
	if n == len(w.bindings) {
		return
	}
	w.bindings = w.bindings[:n]
	w.plain = NoSpace
	if b := w.lookup(nil); b != nil {
		w.plain = b.space
	}
}

// lookup finds what a prefix stands for.
func (w *Walker) lookup(prefix []byte) *binding {
	for i := len(w.bindings) - 1; i >= 0; i-- {
		if w.bindings[i].prefix == string(prefix) {
			return &w.bindings[i]
		}
	}
	return nil
}

// spaceOf resolves a prefix that must be declared.
func (w *Walker) spaceOf(prefix []byte) (Space, error) {
	if string(prefix) == "xml" {
		return xmlSpace, nil
	}
	if b := w.lookup(prefix); b != nil {
		return b.space, nil
	}
	return NoSpace, broken("前缀 " + clip(prefix) + " 没有声明")
}

// clip shortens what a message quotes.
func clip(b []byte) string { return string(b[:min(len(b), 20)]) }

// Markup compatibility (ECMA-376 part 3). An AlternateContent shows the first Choice whose namespaces are understood,
// or else the Fallback; what is ignorable and not understood is passed over, or only its content shown.

// sight says how an element is shown.
type sight uint8

const (
	seen    sight = iota
	through       // not itself, its content is
	unseen        // neither
)

// ignorable is a namespace that a part says may be passed over.
type ignorable struct {
	space   Space
	through string // elements of it whose content is shown, * being all; empty: of all of it nothing is
	depth   int
}

// compatible reads the markup compatibility attributes of an element, and decides how it is shown.
func (w *Walker) compatible(e, outer *Element) (sight, error) {
	for _, a := range e.attrs {
		if a.space != mcSpace {
			continue
		}
		if err := w.declare(string(a.name.of(w.data)), a.value(w.data)); err != nil {
			return seen, err
		}
	}
	inside := outer != nil && outer.alternate != 0
	choice, fallback := string(e.Name) == "Choice", string(e.Name) == "Fallback"
	switch {
	case e.Space == mcSpace && string(e.Name) == "AlternateContent" && !inside && outer != nil:
		e.alternate = undecided
		return through, nil
	case e.Space == mcSpace && inside && (choice || fallback):
		return w.choose(e, outer, fallback)
	case e.Space == mcSpace || inside:
		return seen, broken("AlternateContent 用法有误")
	case e.Space < firstFree:
		return seen, nil
	}
	return w.passes(e), nil
}

// States of an AlternateContent.
const (
	undecided = 1 + iota
	decided
	ended // by its Fallback
)

func (w *Walker) choose(e, outer *Element, fallback bool) (sight, error) {
	if outer.alternate == ended {
		return seen, broken("AlternateContent 用法有误")
	}
	taken := outer.alternate == undecided
	if fallback {
		outer.alternate = ended
	} else {
		required := strings.Fields(e.Attr("Requires"))
		if len(required) == 0 {
			return seen, broken("AlternateContent 用法有误")
		}
		for _, prefix := range required {
			b := w.lookup([]byte(prefix))
			if b == nil {
				return seen, broken("前缀 " + clip([]byte(prefix)) + " 没有声明")
			}
			taken = taken && understood(b.uri)
		}
		if taken {
			outer.alternate = decided
		}
	}
	if taken {
		return through, nil
	}
	return unseen, nil
}

// declare takes an attribute of markup compatibility.
func (w *Walker) declare(name string, value []byte) error {
	if name != "Ignorable" && name != "ProcessContent" && name != "MustUnderstand" {
		return nil
	}
	for _, word := range strings.Fields(string(value)) {
		prefix, local, named := strings.Cut(word, ":")
		b := w.lookup([]byte(prefix))
		switch {
		case b == nil || named != (name == "ProcessContent") || named && local == "":
			return broken("前缀 " + clip([]byte(prefix)) + " 没有声明")
		case name == "MustUnderstand" && !understood(b.uri):
			return broken("要求读取的程序认识 " + clip([]byte(prefix)))
		case name == "MustUnderstand" || understood(b.uri):
			continue
		}
		if len(w.ignorables) == MaxDepth {
			return broken("可忽略的命名空间过多")
		}
		w.ignorables = append(w.ignorables, ignorable{b.space, local, w.depth})
	}
	return nil
}

// passes says how an element of a foreign namespace is shown.
func (w *Walker) passes(e *Element) sight {
	ignored := false
	for _, i := range w.ignorables {
		switch {
		case i.space != e.Space:
		case i.through == string(e.Name), i.through == "*":
			return through
		case i.through == "":
			ignored = true
		}
	}
	if ignored {
		return unseen
	}
	return seen
}
