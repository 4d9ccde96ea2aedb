package intake

import (
	"cmp"
	"encoding/hex"
	"math"
	"regexp"
	"strconv"
	"strings"

	"lianheti/stages/office/ooxml"
	"lianheti/stages/table"
)

const white, black = "FFFFFF", "000000"

// whiteFormat matches number formats that write in white whatever the font.
var whiteFormat = regexp.MustCompile(`(?i)\[(?:white|白色?|(?:color|颜色) ?2)\]`)

// readColor returns a colour as RRGGBB if it is written so or is white or black; else a name for comparison, see rgb.
func readColor(e *ooxml.Element) string {
	switch theme, indexed, rgb := e.Attr("theme"), e.Attr("indexed"), e.Attr("rgb"); {
	case theme == "0" && e.Attr("tint") == "", indexed == "1", indexed == "9", indexed == "65":
		return white
	case theme == "1" && e.Attr("tint") == "", indexed == "0", indexed == "8":
		return black
	case len(rgb) == 8:
		return rgb[2:]
	default:
		return theme + "," + e.Attr("tint") + "," + indexed
	}
}

// rgb returns the RRGGBB of a colour that is named by theme and tint; one named otherwise is unchanged.
func (w *workbookReader) rgb(color string) string {
	number, rest, named := strings.Cut(color, ",")
	var parts []byte
	i, ok := parseUint([]byte(number))
	if i ^= table.Either(i < 4, 1, 0); named && ok && i < len(w.theme) { // a theme has the first four in another order
		parts, _ = hex.DecodeString(w.theme[i])
	}
	if len(parts) != 3 {
		return color
	}
	tint, _ := strconv.ParseFloat(strings.TrimSuffix(rest, ","), 64)
	for i, v := range parts { // darker, or lighter
		parts[i] = byte(float64(v)*(1-min(1, math.Abs(tint))) + 255*min(1, max(tint, 0)))
	}
	return strings.ToUpper(hex.EncodeToString(parts))
}

// loadTheme lists the colours of the workbook's theme, before any sheet is walked.
func (w *workbookReader) loadTheme() {
	_ = w.walkPart(ooxml.TargetByType(w.rels, "/theme"), func(e *ooxml.Element) error {
		if e.Start && e.Depth == 5 && e.Within("clrScheme") {
			w.theme = append(w.theme, table.Either(string(e.Name) == "sysClr", e.Attr("lastClr"), e.Attr("val")))
		}
		return nil
	})
}

// indistinguishable reports whether two colours look the same: no component differs by an eighth.
func indistinguishable(x, y string) bool {
	a, err := hex.DecodeString(x)
	b, also := hex.DecodeString(y)
	if err != nil || also != nil || len(a) != 3 || len(b) != 3 {
		return x == y
	}
	for i := range a {
		if max(a[i], b[i])-min(a[i], b[i]) > 32 {
			return false
		}
	}
	return true
}

// conditionalStyle is the style of a conditional format.
type conditionalStyle struct {
	color, background string
	format            bool
}

func (o *conditionalStyle) element(e *ooxml.Element) {
	switch string(e.Name) {
	case "numFmt":
		o.format = e.Attr("formatCode") != "General"
	case "color":
		if e.Within("font") {
			o.color = readColor(e)
		}
	case "bgColor":
		o.background = readColor(e)
	}
}

// hides reports whether a cell in this style shows nothing, or something other than its value.
func (w *workbookReader) hides(o conditionalStyle) bool {
	return o.format || indistinguishable(w.rgb(cmp.Or(o.color, black)), w.rgb(o.background))
}

// extension notes the areas of conditional formats that newer programs write apart.
func (r *sheetReader) extension(e *ooxml.Element) {
	switch name := string(e.Name); {
	case name == "conditionalFormatting" && e.Start:
		r.overlayHides = false
	case name == "dxf" && e.Start:
		r.overlay = conditionalStyle{background: white}
	case name == "dxf":
		r.overlayHides = r.overlayHides || r.w.hides(r.overlay)
	case e.Start && e.Within("dxf"):
		r.overlay.element(e)
	case (name == "dataBar" || name == "iconSet") && e.Start:
		r.overlayHides = r.overlayHides || !boolAttr(e.Attr("showValue"))
	case name == "sqref" && !e.Start && r.overlayHides:
		r.addHiddenAreas(string(e.Text()))
	}
}
