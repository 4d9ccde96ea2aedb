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
