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

/// One line without control characters.
pub(super) fn clean(text: &str) -> String {
    text.chars()
        .map(|c| if is_safe(c) { c } else { ' ' })
        .collect()
}
