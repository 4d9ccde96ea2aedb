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
	dateDigits  = regexp.MustCompile(`^((?:19|20)[0-9]{2})(0[1-9]|1[0-2])([0-9]{2})?$`)
	dateParts   = regexp.MustCompile(`^((?:19|20)[0-9]{2})[年./-]([0-9]{1,2})(?:[月./-]([0-9]{1,2})[日号]?|月)?$`)
	dateTime    = regexp.MustCompile(`[ t][0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?z?$`)
	monthPart   = regexp.MustCompile(`月(初|上旬|中旬|下旬|底|末)$`)
	planned     = regexp.MustCompile(`^(拟于|拟|预计|计划)+|(\(?拟\)?|\(?预计\)?|成立)+$`)
	aboutDay    = regexp.MustCompile(`^(大约|约)|(左右|前后|前|\([^()]*\))$`)
	chineseDate = regexp.MustCompile(`^([〇零○一二三四五六七八九]{4})年([十一二三四五六七八九]{1,3})月(?:([十一二三四五六七八九]{1,3})[日号])?$`)
)

// Days between 2000 and 2100 in the numbering of spreadsheets.
const (
	firstSerial = 36526
	lastSerial  = 73050
)

// Date reads a cell as a date: 2024-08-01, or 2024-08 where only the month is given. Blank is Missing; a bare year, a
// date without one, or one that no calendar has is Invalid.
func Date(c model.Cell) *Reading {
	r := begin(c)
	if r.Status != table.Normal {
		return r
	}
	ok := false
	switch c.Kind {
	case model.Number:
		r.Value, ok = dateNumber(c, r)
	case model.Text:
		r.Value, ok = dateText(c.Shown, r)
	}
	if !ok {
		r.Status = table.Invalid
		return r
	}
	r.struck(c)
	return r
}

// dateNumber reads a day number, or a date typed as a number: 20240801, 202408, and 2024.8, which may be 2024.80.
func dateNumber(c model.Cell, t *Reading) (string, bool) {
	n, ok := plain(c.Raw)
	if !ok {
		return "", false
	}
	s := n.String()
	value, ok := written(s)
	shown, same := plain(strings.ReplaceAll(c.Shown, ",", ""))
	if !c.IsDate && c.Shown != c.Raw && !(same && shown.Equal(n)) {
		if seen, read := dateText(c.Shown, &Reading{}); !read || seen != value { // as 0000-00-00 shows 20240801
			t.add("shown_otherwise", c.Shown, c.Raw)
			return "", false
		}
	}
	switch day := n.IntPart(); {
	case ok && (c.IsDate || !n.IsInteger()):
		t.add("ambiguous_month", s, value)
		return value, true
	case ok:
		return t.note("date_written", s, value), true
	case c.IsDate && day >= 1 && day <= lastSerial, n.IsInteger() && day >= firstSerial && day <= lastSerial:
		value = time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).AddDate(0, 0, int(day)).Format(time.DateOnly)
		if day < 60 { // spreadsheets count from the day after
			value = c.Shown
		}
		if !c.IsDate { // a cell that shows a date is no habit to be put right
			return t.note("serial_date", c.Raw, value), true
		}
		return asShown(c, value, t), true
	}
	return "", false
}

// asShown keeps of a day what its cell shows: a month alone, or a day whose year the spreadsheet added unseen.
func asShown(c model.Cell, value string, t *Reading) string {
	if c.Shown == c.Raw {
		return value
	}
	seen, ok := dateText(c.Shown, &Reading{})
	switch {
	case !ok:
		t.add("ambiguous_month", c.Shown, value)
	case strings.HasPrefix(value, seen) && seen != value:
		return t.note("date_written", c.Shown, seen)
	}
	return value
}

func dateText(raw string, t *Reading) (string, bool) {
	s := t.note("trimmed", raw, trim(raw))
	bare := strings.Join(strings.Fields(fold(s)), "")
	if value, ok := written(bare); ok {
		return t.note("date_written", s, value), true
	}
	lower := strings.ToLower(strings.TrimSpace(fold(s)))
	day := strings.Join(strings.Fields(dateTime.ReplaceAllString(lower, "")), "")
	bare = planned.ReplaceAllString(day, "")
	whole := planned.ReplaceAllString(monthPart.ReplaceAllString(aboutDay.ReplaceAllString(bare, ""), "月"), "")
	for _, left := range [][2]string{{"date_written", day}, {"date_words", bare}, {"annotated", whole}} {
		if value, ok := written(left[1]); ok {
			return t.note(left[0], s, value), true
		}
	}
	return "", false
}

// written reads a date that is written out, year first.
func written(s string) (string, bool) {
	for _, form := range []*regexp.Regexp{chineseDate, dateDigits, dateParts} {
		if m := form.FindStringSubmatch(s); m != nil {
			return calendar(figure(m[1]), figure(m[2]), figure(m[3]), m[3] != "")
		}
	}
	return "", false
}

// figure reads a number in figures or in Chinese numerals; what is none is 0, and no calendar has that.
func figure(s string) int {
	if n, err := strconv.Atoi(s); err == nil {
		return n
	}
	n, _, _ := chineseNumber(strings.ReplaceAll(s, "○", "〇"))
	return int(n.IntPart())
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
	if at.Day() != day {
		return "", false
	}
	return at.Format(time.DateOnly), true
}
