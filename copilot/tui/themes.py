"""The application's own themes: dark, light, high contrast."""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="archreview-dark",
    primary="#7cb3f5",
    secondary="#5b7ea8",
    accent="#c3a6f2",
    success="#84c491",
    warning="#e5b567",
    error="#f07f83",
    foreground="#d5dae2",
    background="#0f1217",
    surface="#14181f",
    panel="#1e242d",
    variables={
        "border": "#2e3641",
        "muted": "#8b95a5",
        "faint": "#4f5968",
        "scrollbar": "#2e3641",
        "scrollbar-hover": "#4f5968",
        "scrollbar-active": "#7cb3f5",
        "scrollbar-background": "#14181f",
        "scrollbar-background-hover": "#14181f",
        "scrollbar-background-active": "#14181f",
        "footer-background": "#14181f",
        "cursor": "#24364f",
        "cursor-blurred": "#1d232c",
        "near": "#1f2a3a",
        "quote": "#3d3517",
        "quote-current": "#755c18",
    },
)

LIGHT = Theme(
    name="archreview-light",
    primary="#1d5fb8",
    secondary="#4a6f9c",
    accent="#7a3fb5",
    success="#22743a",
    warning="#8a5a00",
    error="#b3261e",
    foreground="#1c2128",
    background="#f6f7f9",
    surface="#ffffff",
    panel="#e8ecf1",
    dark=False,
    variables={
        "border": "#c3cad3",
        "muted": "#59636f",
        "faint": "#9aa4b0",
        "scrollbar": "#c3cad3",
        "scrollbar-hover": "#9aa4b0",
        "scrollbar-active": "#1d5fb8",
        "scrollbar-background": "#ffffff",
        "scrollbar-background-hover": "#ffffff",
        "scrollbar-background-active": "#ffffff",
        "footer-background": "#e8ecf1",
        "cursor": "#cfe0f7",
        "cursor-blurred": "#e6ebf1",
        "near": "#e3ecf8",
        "quote": "#fbf0c4",
        "quote-current": "#ffd95c",
    },
)

CONTRAST = Theme(
    name="archreview-contrast",
    primary="#6fd3ff",
    secondary="#ffffff",
    accent="#ff9cff",
    success="#5dff7d",
    warning="#ffe14d",
    error="#ff8080",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#1a1a1a",
    text_alpha=1.0,
    variables={
        "border": "#ffffff",
        "muted": "#e0e0e0",
        "faint": "#b0b0b0",
        "footer-background": "#000000",
        "cursor": "#0047b3",
        "cursor-blurred": "#333333",
        "near": "#00285c",
        "quote": "#5c4a00",
        "quote-current": "#a07d00",
    },
)

THEMES = (DARK, LIGHT, CONTRAST)
