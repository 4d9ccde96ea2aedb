package feedback

import (
	"errors"
	"path"
	"strings"

	"lianheti/stages/office/ooxml"
)

// Bounds of a workbook that is annotated. The program's own reader has proven it; excelize, which writes the copy, takes
// time and memory that grow with the square of some things (notes, fonts, formats) and can't be stopped. A filled form has 0.4 MB
// of XML, saved by LibreOffice 1 MB. Measured at the bounds: below 5 s. What lies outside goes back as it came, with its list.
const (
	maxXML   = 4 << 20
	maxNotes = 2000
)

var errUnbounded = errors.New("工作簿过于庞大，不做标注")

// bounded says whether a workbook is of a size that annotating it is sure to end.
func bounded(parts *ooxml.Parts) error {
	left := maxXML
	for _, p := range parts.All {
		switch strings.ToLower(path.Ext(p.Name)) { // all else is pictures
		case ".xml", ".rels", ".vml":
			left -= len(p.Data)
		}
	}
	if left < 0 {
		return errUnbounded
	}
	return nil
}
