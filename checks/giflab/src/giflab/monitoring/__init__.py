"""Watching the machine while GIFs are processed."""

from .memory import MemoryPressureLevel, MemoryStats, SystemMemoryMonitor

__all__ = ["MemoryPressureLevel", "MemoryStats", "SystemMemoryMonitor"]
