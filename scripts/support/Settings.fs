module Scripting.Settings
