package ooxml

import "strings"

// Namespace is an XML namespace. Strict and transitional Open XML name the same things and have the same Namespace.
type Namespace int

// Namespaces that readers ask for. Others have numbers from the first free one.
const (
	NoNamespace          Namespace = iota
	SpreadsheetML                  // SpreadsheetML
	WordprocessingML               // WordprocessingML
	OfficeRelationships            // r:id and its kin
	PackageRelationships           // of relationships parts
	ContentTypes                   // of [Content_Types].xml
	markupCompatibility            // markup compatibility
	xmlNamespace                   // xml:space
	xmlnsNamespace                 // declarations themselves
	firstFree
)

const xmlURI, xmlnsURI = "http://www.w3.org/XML/1998/namespace", "http://www.w3.org/2000/xmlns/"

var knownNamespaces = map[string]Namespace{
	"http://schemas.openxmlformats.org/spreadsheetml/2006/main":           SpreadsheetML,
	"http://purl.oclc.org/ooxml/spreadsheetml/main":                       SpreadsheetML,
	"http://schemas.openxmlformats.org/wordprocessingml/2006/main":        WordprocessingML,
	"http://purl.oclc.org/ooxml/wordprocessingml/main":                    WordprocessingML,
	"http://schemas.openxmlformats.org/officeDocument/2006/relationships": OfficeRelationships,
	"http://purl.oclc.org/ooxml/officeDocument/relationships":             OfficeRelationships,
	"http://schemas.openxmlformats.org/package/2006/relationships":        PackageRelationships,
	"http://schemas.openxmlformats.org/package/2006/content-types":        ContentTypes,
	"http://schemas.openxmlformats.org/markup-compatibility/2006":         markupCompatibility,
	xmlURI:   xmlNamespace,
	xmlnsURI: xmlnsNamespace,
}

// understood reports whether Excel and Word know a namespace, because what they show to the filler is what counts.
func understood(uri string) bool {
	return knownNamespaces[uri] != NoNamespace || strings.HasPrefix(uri, "http://schemas.microsoft.com/office/") ||
		strings.HasPrefix(uri, "http://schemas.openxmlformats.org/")
}

// binding is a namespace prefix in scope.
type binding struct {
	prefix    string // empty: elements without one
	uri       string
	namespace Namespace
	depth     int
}

// maxBindings limits the prefixes in scope, which are searched one by one. Word declares some 40.
const maxBindings = 200

// bind adds a namespace declaration of the current element.
func (w *Walker) bind(prefix, uri string) error {
	space := NoNamespace
	if uri != "" {
		var ok bool
		if space, ok = knownNamespaces[uri]; !ok {
			if space, ok = w.otherNamespaces[uri]; !ok {
				space = firstFree + Namespace(len(w.otherNamespaces))
				w.otherNamespaces[uri] = space
			}
		}
	}
	reserved := prefix == "xmlns" || (prefix == "xml") != (space == xmlNamespace) || space == xmlnsNamespace
	if reserved || prefix != "" && uri == "" {
		return malformed("命名空间声明有误")
	}
	for i := len(w.bindings) - 1; i >= 0 && w.bindings[i].depth == w.depth; i-- {
		if w.bindings[i].prefix == prefix {
			return malformed("属性重复")
		}
	}
	if len(w.bindings) == maxBindings {
		return malformed("命名空间过多")
	}
	w.bindings = append(w.bindings, binding{prefix, uri, space, w.depth})
	if prefix == "" {
		w.defaultNamespace = space
	}
	return nil
}

// unbind removes the declarations of the element that ends.
func (w *Walker) unbind() {
	n := len(w.bindings)
	for n > 0 && w.bindings[n-1].depth >= w.depth {
		n--
	}
	if n == len(w.bindings) {
		return
	}
	w.bindings = w.bindings[:n]
	w.defaultNamespace = NoNamespace
	if b := w.lookup(nil); b != nil {
		w.defaultNamespace = b.namespace
	}
}

// lookup finds the declaration of a prefix; nil if there is none.
func (w *Walker) lookup(prefix []byte) *binding {
	for i := len(w.bindings) - 1; i >= 0; i-- {
		if w.bindings[i].prefix == string(prefix) {
			return &w.bindings[i]
		}
	}
	return nil
}

// namespaceOf resolves a prefix, which must be declared.
func (w *Walker) namespaceOf(prefix []byte) (Namespace, error) {
	if string(prefix) == "xml" {
		return xmlNamespace, nil
	}
	if b := w.lookup(prefix); b != nil {
		return b.namespace, nil
	}
	return NoNamespace, malformed("前缀 " + excerpt(prefix) + " 没有声明")
}

// excerpt shortens what a message quotes.
func excerpt(b []byte) string { return string(b[:min(len(b), 20)]) }

// Markup compatibility (ECMA-376 part 3). An AlternateContent shows the first Choice whose namespaces are understood,
// or else the Fallback; what is ignorable and not understood is passed over, or only its content shown.

// visibility is how an element is visited.
type visibility uint8

const (
	shown       visibility = iota
	contentOnly            // not itself, its content is
	hidden                 // neither
)

// ignorable is a namespace that a part declares as ignorable.
type ignorable struct {
	namespace Namespace
	contentOf string // elements of it whose content is shown, * being all; empty: of all of it nothing is
	depth     int
}

// visibilityOf reads an element's markup compatibility attributes and decides how it is visited.
func (w *Walker) visibilityOf(e, outer *Element) (visibility, error) {
	for _, a := range e.attrs {
		if a.namespace != markupCompatibility {
			continue
		}
		if err := w.addIgnorables(string(a.name.of(w.data)), a.value(w.data)); err != nil {
			return shown, err
		}
	}
	inside := outer != nil && outer.alternate != 0
	choice, fallback := string(e.Name) == "Choice", string(e.Name) == "Fallback"
	switch {
	case e.Namespace == markupCompatibility && string(e.Name) == "AlternateContent" && !inside && outer != nil:
		e.alternate = undecided
		return contentOnly, nil
	case e.Namespace == markupCompatibility && inside && (choice || fallback):
		return w.chooseAlternative(e, outer, fallback)
	case e.Namespace == markupCompatibility || inside:
		return shown, malformed("AlternateContent 用法有误")
	case e.Namespace < firstFree:
		return shown, nil
	}
	return w.foreignVisibility(e), nil
}

// States of an AlternateContent.
const (
	undecided = 1 + iota
	decided
	ended // by its Fallback
)

func (w *Walker) chooseAlternative(e, outer *Element, fallback bool) (visibility, error) {
	if outer.alternate == ended {
		return shown, malformed("AlternateContent 用法有误")
	}
	taken := outer.alternate == undecided
	if fallback {
		outer.alternate = ended
	} else {
		required := strings.Fields(e.Attr("Requires"))
		if len(required) == 0 {
			return shown, malformed("AlternateContent 用法有误")
		}
		for _, prefix := range required {
			b := w.lookup([]byte(prefix))
			if b == nil {
				return shown, malformed("前缀 " + excerpt([]byte(prefix)) + " 没有声明")
			}
			taken = taken && understood(b.uri)
		}
		if taken {
			outer.alternate = decided
		}
	}
	if taken {
		return contentOnly, nil
	}
	return hidden, nil
}

// addIgnorables handles a markup compatibility attribute.
func (w *Walker) addIgnorables(name string, value []byte) error {
	if name != "Ignorable" && name != "ProcessContent" && name != "MustUnderstand" {
		return nil
	}
	for _, word := range strings.Fields(string(value)) {
		prefix, local, named := strings.Cut(word, ":")
		b := w.lookup([]byte(prefix))
		switch {
		case b == nil || named != (name == "ProcessContent") || named && local == "":
			return malformed("前缀 " + excerpt([]byte(prefix)) + " 没有声明")
		case name == "MustUnderstand" && !understood(b.uri):
			return malformed("要求读取的程序认识 " + excerpt([]byte(prefix)))
		case name == "MustUnderstand" || understood(b.uri):
			continue
		}
		if len(w.ignorables) == MaxDepth {
			return malformed("可忽略的命名空间过多")
		}
		w.ignorables = append(w.ignorables, ignorable{b.namespace, local, w.depth})
	}
	return nil
}

// foreignVisibility decides how an element of a foreign namespace is visited.
func (w *Walker) foreignVisibility(e *Element) visibility {
	ignored := false
	for _, i := range w.ignorables {
		switch {
		case i.namespace != e.Namespace:
		case i.contentOf == string(e.Name), i.contentOf == "*":
			return contentOnly
		case i.contentOf == "":
			ignored = true
		}
	}
	if ignored {
		return hidden
	}
	return shown
}
