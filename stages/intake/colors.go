package intake

import (
	"encoding/hex"
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

// rgb returns the RRGGBB of a colour that is named by theme and tint, or by its number; unchanged if that is unknown.
func (w *workbookReader) rgb(color string) string {
	named := strings.Split(color, ",")
	if len(named) != 3 {
		return color
	}
	base := ""
	if i, ok := parseUint([]byte(named[0])); ok && i < len(w.themeColors()) {
		base = w.themeColors()[i]
	} else if i, ok := parseUint([]byte(named[2])); ok && i < len(w.indexed) && len(w.indexed[i]) == 8 {
		base = w.indexed[i][2:]
	} else if ok && i >= 8 && len(indexedColors) >= 6*(i-7) {
		base = indexedColors[6*(i-8) : 6*(i-7)]
	}
	parts, err := hex.DecodeString(base)
	if err != nil || len(parts) == 0 {
		return color
	}
	if tint, err := strconv.ParseFloat(named[1], 64); err == nil && tint >= -1 && tint <= 1 {
		for i, v := range parts { // darker, or lighter
			parts[i] = byte(float64(v)*(1-max(tint, -tint)) + 255*max(tint, 0))
		}
	}
	return strings.ToUpper(hex.EncodeToString(parts))
}

// themeColors lists the colours of the workbook's theme. Theme and cells count the first four in different order.
func (w *workbookReader) themeColors() []string {
	if w.theme != nil {
		return w.theme
	}
	w.theme = []string{}
	name := ooxml.TargetByType(w.rels, "/theme")
	if !w.parts.Has(name) {
		return w.theme
	}
	err := w.walker.Walk(w.parts.Get(name), func(e *ooxml.Element) error {
		if e.Start && e.Parent() != nil && e.Depth == 5 && e.Within("clrScheme") {
			w.theme = append(w.theme, table.Either(string(e.Name) == "sysClr", e.Attr("lastClr"), e.Attr("val")))
		}
		return nil
	})
	if err != nil || len(w.theme) < 4 {
		w.theme = []string{}
		return w.theme
	}
	w.theme[0], w.theme[1], w.theme[2], w.theme[3] = w.theme[1], w.theme[0], w.theme[3], w.theme[2]
	return w.theme
}

// indexedColors are those with the numbers from 8 on, where a workbook has no palette of its own.
const indexedColors = "000000FFFFFFFF000000FF000000FFFFFF00FF00FF00FFFF80000000800000008080800080008000" +
	"8080C0C0C08080809999FF993366FFFFCCCCFFFF660066FF80800066CCCCCCFF000080FF00FFFFFF0000FFFF8000808000000080800000FF" +
	"00CCFFCCFFFFCCFFCCFFFF9999CCFFFF99CCCC99FFFFCC993366FF33CCCC99CC00FFCC00FF9900FF6600666699969696003366339966" +
	"003300333300993300993366333399333333"

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
