package ooxml

import (
	"slices"
	"strings"
)

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
	names   []string // elements of it whose content is shown; * is all
	content bool     // the entry says so of names, and nothing of the namespace
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
		case b == nil || named != (name == "ProcessContent"):
			return broken("前缀 " + clip([]byte(prefix)) + " 没有声明")
		case name == "MustUnderstand" && !understood(b.uri):
			return broken("要求读取的程序认识 " + clip([]byte(prefix)))
		case name == "MustUnderstand" || understood(b.uri):
			continue
		}
		next := ignorable{space: b.space, content: named, depth: w.depth}
		if named {
			next.names = []string{local}
		}
		if len(w.ignorables) == MaxDepth {
			return broken("可忽略的命名空间过多")
		}
		w.ignorables = append(w.ignorables, next)
	}
	return nil
}

// passes says how an element of a foreign namespace is shown.
func (w *Walker) passes(e *Element) sight {
	ignored := false
	for _, i := range w.ignorables {
		if i.space != e.Space {
			continue
		}
		if slices.Contains(i.names, string(e.Name)) || slices.Contains(i.names, "*") {
			return through
		}
		ignored = ignored || !i.content
	}
	if ignored {
		return unseen
	}
	return seen
}
