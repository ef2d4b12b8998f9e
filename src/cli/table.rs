//! Tables as text.

use unicode_width::UnicodeWidthStr as _;

use crate::job::excerpt::is_safe;

/// A row, and an optional line below it.
pub(super) struct Row<const N: usize> {
    pub(super) cells: [String; N],
    pub(super) below: Option<String>,
}

/// Formats headings and rows in columns as wide as their widest cell. Control
/// characters are removed.
pub(super) fn table<const N: usize>(headings: [&str; N], rows: &[Row<N>]) -> String {
    let rows: Vec<([String; N], Option<String>)> = rows
        .iter()
        .map(|row| {
            let cells = row.cells.each_ref().map(|cell| clean(cell));
            (cells, row.below.as_deref().map(clean))
        })
        .collect();
    let mut widths = headings.map(str::len);
    for (cells, _) in &rows {
        for (width, cell) in widths.iter_mut().zip(cells) {
            *width = (*width).max(cell.width());
        }
    }
    let mut text = line(&headings.map(str::to_owned), &widths);
    for (cells, below) in &rows {
        text += &line(cells, &widths);
        if let Some(below) = below {
            text += &format!("  {below}\n");
        }
    }
    text
}

fn line(cells: &[String], widths: &[usize]) -> String {
    let mut text = String::new();
    for (cell, width) in cells.iter().zip(widths) {
        text += cell;
        text += &" ".repeat(width.saturating_sub(cell.width()) + 2);
    }
    format!("{}\n", text.trim_end())
}

/// A duration in its two largest units: `11 min`, `2 h 5 min`.
pub(super) fn duration(seconds: i64) -> String {
    let seconds = seconds.max(0);
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, _) => format!("{minutes} min"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

/// One line without control characters.
pub(super) fn clean(text: &str) -> String {
    text.chars()
        .map(|c| if is_safe(c) { c } else { ' ' })
        .collect()
}
