package table

import (
	"fmt"

	"lianheti/stages"
	"lianheti/templates"
)

// Registered is one entry of the Department's register, as typed and proven.
type Registered struct {
	Sheet       *templates.RegisterSheet
	Key         string            // of the consortium, see ConsortiumKey; empty where the entry is about a finding
	Fingerprint string            // of the finding
	Accepted    bool              // of a decision about an explanation
	Values      map[string]string // by column; dates in ISO
	Place       stages.Place
}

// ConsortiumKey identifies a consortium from round to round: its number in the directory, or else its name.
func ConsortiumKey(s Submission) string {
	if s.DirectoryNo.Valid {
		return DirectoryKey(int(s.DirectoryNo.V))
	}
	if name := stages.NameKey(s.Consortium); name != "" {
		return "name:" + name
	}
	return "submission:" + s.Submission
}

// DirectoryKey is the key of an entry of the directory.
func DirectoryKey(no int) string { return fmt.Sprintf("no:%d", no) }

// Registered finds the first entry of a kind about a consortium.
func (f *Facts) Registered(effect templates.RegisterEffect, key string) (Registered, bool) {
	for _, e := range f.Register {
		if e.Sheet.Effect == effect && e.Key == key {
			return e, true
		}
	}
	return Registered{}, false
}

// Document names an entry for a person: 文号, and where it is not plain from elsewhere what it is about.
func (e Registered) Document() string { return e.Values[templates.RegisterDocument] }
