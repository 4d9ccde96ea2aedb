package ooxml

import (
	"path"
	"strings"
)

// Relation is one part that another points at.
type Relation struct{ ID, Type, Target string }

// Relations reads what a part points at, the container itself where the name is empty; none where it points at nothing.
func (p *Parts) Relations(w *Walker, part string) (out []Relation, err error) {
	data := p.Get(RelationsOf(part))
	if data == nil {
		return nil, nil
	}
	err = w.Walk(data, func(e *Element) error {
		if e.Start && e.Native && string(e.Name) == "Relationship" {
			out = append(out, Relation{e.Attr("Id"), e.Attr("Type"), resolve(path.Dir(part), e.Attr("Target"))})
		}
		if len(out) > MaxEntries {
			return fault(Excessive, "部件间的关系过多")
		}
		return nil
	})
	return out, err
}

// RelationsOf is where the relations of a part stand.
func RelationsOf(part string) string {
	return path.Join(path.Dir(part), "_rels", path.Base("/"+part)+".rels")
}

// ByID gives the target of a relation; empty where there is none.
func ByID(all []Relation, id string) string {
	for _, r := range all {
		if id != "" && r.ID == id {
			return r.Target
		}
	}
	return ""
}

// ByType gives the first target of a type, known by its end: strict and transitional types end alike.
func ByType(all []Relation, end string) string {
	for _, r := range all {
		if strings.HasSuffix(r.Type, end) {
			return r.Target
		}
	}
	return ""
}

func resolve(dir, target string) string {
	if strings.HasPrefix(target, "/") {
		return strings.TrimPrefix(path.Clean(target), "/")
	}
	return path.Join(dir, target)
}

// Main gives the main part of a container, and the content type that it is declared to have. Only that part tells the
// kind: SheetJS lists the types of macros and binary sheets in every file that it writes.
func (p *Parts) Main(w *Walker) (part, contentType string, err error) {
	roots, err := p.Relations(w, "")
	if err != nil {
		return "", "", err
	}
	if part = ByType(roots, "/officeDocument"); part == "" {
		return "", "", nil
	}
	const types = "[Content_Types].xml"
	if !p.Has(types) {
		return part, "", nil
	}
	byExtension := ""
	err = w.Walk(p.Get(types), func(e *Element) error {
		switch {
		case !e.Start || !e.Native:
		case string(e.Name) == "Override" && strings.EqualFold(e.Attr("PartName"), "/"+part):
			contentType = e.Attr("ContentType")
		case string(e.Name) == "Default" && strings.EqualFold("."+e.Attr("Extension"), path.Ext(part)):
			byExtension = e.Attr("ContentType")
		}
		return nil
	})
	if contentType == "" {
		contentType = byExtension
	}
	return part, contentType, err
}
