package intake

import (
	"strconv"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/ooxml"
)

// loadDrawing reads where pictures, charts and text boxes lie; the words in them are reported like those of comments.
func (w *workbookReader) loadDrawing(sheet *Sheet, drawing string) {
	if drawing == "" || !w.parts.Has(drawing) {
		return
	}
	const most = 1000 // objects
	var at span
	var words strings.Builder
	var hollow, opaque bool // a frame around a number, or a line, covers nothing
	row, col := &at.row, &at.col
	_ = w.walker.Walk(w.parts.Get(drawing), func(e *ooxml.Element) error {
		n := func(text string, unit int) int { v, _ := strconv.Atoi(strings.TrimSpace(text)); return v / unit }
		switch name := string(e.Name); {
		case e.Start && strings.HasSuffix(name, "Anchor"):
			at, hollow, opaque = span{}, false, false
			words.Reset()
		case e.Start && name == "noFill":
			hollow = hollow || string(e.Parent().Name) == "spPr"
		case e.Start && (name == "from" || name == "pos"): // a default column and row are 609,600 and 190,500 units
			row, col = &at.row, &at.col
			*row, *col = n(e.Attr("y"), 190500), n(e.Attr("x"), 609600)
		case e.Start && name == "to":
			row, col = &at.lastRow, &at.lastCol
		case e.Start && name == "ext" && e.Depth == 3:
			at.lastRow, at.lastCol = at.row+n(e.Attr("cy"), 190500), at.col+n(e.Attr("cx"), 609600)
		case !e.Start && name == "row":
			*row = n(string(e.Text()), 1)
		case !e.Start && name == "col":
			*col = n(string(e.Text()), 1)
		case !e.Start && name == "t":
			words.Write(e.Text())
		case !e.Start && (name == "pic" || name == "graphicFrame" || name == "contentPart" || name == "sp"):
			opaque = opaque || name != "sp" || !hollow
			hollow = false
		case !e.Start && strings.HasSuffix(name, "Anchor"):
			said := strings.TrimSpace(words.String())
			if (opaque || said != "") && len(sheet.over) < most {
				sheet.over = append(sheet.over, at)
			}
			if said != "" && at.row > 0 { // what says 样例 stands in the first row
				sheet.comments = append(sheet.comments, comment{model.CellName(at.row+1, at.col+1), said})
			}
		}
		return nil
	})
}
