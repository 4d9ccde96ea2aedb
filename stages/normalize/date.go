package normalize

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"lianheti/stages/model"
	"lianheti/stages/table"
)

var (
	dateDigits  = regexp.MustCompile(`^(19|20)([0-9]{2})(0[1-9]|1[0-2])([0-9]{2})?$`)
	dateParts   = regexp.MustCompile(`^((?:19|20)[0-9]{2})[年./-]([0-9]{1,2})(?:[月./-]([0-9]{1,2})[日号]?|月)?$`)
	dateTime    = regexp.MustCompile(`[ t][0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?z?$`)
	monthPart   = regexp.MustCompile(`月(初|上旬|中旬|下旬|底|末)$`)
	planned     = regexp.MustCompile(`^(拟于|拟|预计|计划|约)+|(\(?拟\)?|\(?预计\)?|前|成立)+$`)
	yearDotTens = regexp.MustCompile(`^(?:19|20)[0-9]{2}\.1$`)
	chineseDate = regexp.MustCompile(`^([〇零○一二三四五六七八九]{4})年([十一二三四五六七八九]{1,3})月(?:([十一二三四五六七八九]{1,3})[日号])?$`)
)

// Days between 2000 and 2100 in the numbering of spreadsheets.
const (
	firstSerial = 36526
	lastSerial  = 73050
)

// Date reads a cell as a date: 2024-08-01, or 2024-08 where only the month is given. Blank is Missing; a bare year, a date
// without a year, or one that no calendar has is Invalid.
func Date(c model.Cell) TextReading {
	if !c.Filled {
		return TextReading{Status: table.Missing}
	}
	t := &trail{}
	if c.Formula {
		t.list = append(t.list, Coercion{Formula, "=", c.Raw})
	}
	value, ok := "", false
	switch c.Kind {
	case model.Number:
		value, ok = dateNumber(c, t)
	case model.Text:
		value, ok = dateText(c.Raw, t)
	}
	if !ok {
		return TextReading{Status: table.Invalid, Coercions: t.list}
	}
	return TextReading{table.Normal, value, t.list}
}

// dateNumber reads a spreadsheet's day number, or a date typed as a number: 20240801, 202408, 2024.8.
func dateNumber(c model.Cell, t *trail) (string, bool) {
	n, ok := plain(c.Raw)
	if !ok {
		return "", false
	}
	if day := n.IntPart(); c.IsDate || day >= firstSerial && day <= lastSerial && n.IsInteger() {
		if day < firstSerial-36525 || day > lastSerial {
			return "", false
		}
		value := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).AddDate(0, 0, int(day)).Format(time.DateOnly)
		if !c.IsDate { // a cell that shows a date is no habit to be put right
			t.note(SerialDate, c.Raw, value)
		}
		return value, true
	}
	s := n.String()
	value, ok := written(s)
	switch {
	case ok && yearDotTens.MatchString(s): // 2024.10 typed into a cell of numbers is stored as 2024.1
		t.note(AmbiguousMonth, s, value)
	case ok:
		t.note(DateWritten, s, value)
	}
	return value, ok
}

func dateText(raw string, t *trail) (string, bool) {
	s := trim(raw)
	t.note(Trimmed, raw, s)
	bare := strings.Join(strings.Fields(fold(s)), "")
	if value, ok := written(bare); ok {
		t.note(DateWritten, s, value)
		return value, true
	}
	lower := strings.ToLower(strings.TrimSpace(fold(s)))
	bare = strings.Join(strings.Fields(dateTime.ReplaceAllString(lower, "")), "")
	if value, ok := written(bare); ok {
		t.note(DateWritten, s, value)
		return value, true
	}
	bare = planned.ReplaceAllString(monthPart.ReplaceAllString(planned.ReplaceAllString(bare, ""), "月"), "")
	value, ok := written(bare)
	if ok {
		t.note(Annotated, s, value)
	}
	return value, ok
}

// written reads a date that is written out, year first.
func written(s string) (string, bool) {
	if m := chineseDate.FindStringSubmatch(s); m != nil {
		year, _, _ := chineseNumber(strings.ReplaceAll(m[1], "○", "〇"))
		month, rest, _ := chineseNumber(m[2])
		day, more, dayRead := chineseNumber(m[3])
		if rest != "" || more != "" || m[3] != "" && !dayRead {
			return "", false
		}
		return calendar(int(year.IntPart()), int(month.IntPart()), int(day.IntPart()), m[3] != "")
	}
	m := dateDigits.FindStringSubmatch(s)
	if m != nil {
		m = []string{s, m[1] + m[2], m[3], m[4]}
	} else if m = dateParts.FindStringSubmatch(s); m == nil {
		return "", false
	}
	year, _ := strconv.Atoi(m[1])
	month, _ := strconv.Atoi(m[2])
	day, _ := strconv.Atoi(m[3])
	return calendar(year, month, day, m[3] != "")
}

// calendar gives the ISO notation of a day or month that exists.
func calendar(year, month, day int, dayGiven bool) (string, bool) {
	if month < 1 || month > 12 {
		return "", false
	}
	if !dayGiven {
		return fmt.Sprintf("%04d-%02d", year, month), true
	}
	at := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if at.Day() != day || at.Month() != time.Month(month) {
		return "", false
	}
	return at.Format(time.DateOnly), true
}
