// Package ooxml opens the containers that office programs write: a zip of XML parts, on the bytes of a file that
// nobody vouches for. Nothing of a file is believed before every one of its bytes is accounted for: the directory
// stands where the end says, every entry unpacks to the length and the checksum that it names, names are told apart,
// and XML is walked strictly to its end.
//
//	data, err := ooxml.Decrypt(data) // a read-only book, encrypted with the password that every program knows
//	parts, err := ooxml.Open(data)   // proven whole
//	err = ooxml.NewWalker().Walk(parts.Get("xl/workbook.xml"), show)
//
// What is wrong with a file is a *Fault of this package: its kind, and what exactly, in words for a person. Which
// finding follows from it is for the reader of a kind of file to say.
//
// Everything is bounded before it begins: a file of 20 MB, a directory of 4 MB, 64 MB a part, 128 MB in all, 800,000
// elements a workbook, 64 deep, 1 MB a token, no DOCTYPE, no entities but XML's own five.
package ooxml

import "fmt"

// Limits of one container. A filled form unpacks to about 1 MB; one in a thousand public workbooks exceeds 10 MB.
const (
	MaxFile      = 20 << 20
	MaxPart      = 64 << 20
	MaxTotal     = 128 << 20
	MaxEntries   = 2000
	MaxDirectory = 4 << 20 // the directory is read whole before anything can be counted
	MaxElements  = 800000  // of all parts that are walked
	MaxDepth     = 64
	MaxToken     = 1 << 20 // bytes of one tag or one run of text
)

// Kind of a fault.
type Kind int

const (
	Incomplete Kind = iota // cut off
	Damaged                // checksums or XML don't hold
	Encrypted              // with a password of its own
	OldOffice              // a container of the old kind, with a document of the old kind
	Inflates               // unpacks to far more than an office file holds
	Excessive              // more of something than an office file holds
)

// Fault is why a container can't be used.
type Fault struct {
	Kind   Kind
	Detail string // for a person; may be empty
}

func (f *Fault) Error() string { return f.Detail }

func fault(kind Kind, format string, args ...any) *Fault {
	return &Fault{kind, fmt.Sprintf(format, args...)}
}
